/// Erases one patient (design §5): finds the messages by hashed keys, removes what names the patient, and leaves a proof in the audit.
package struct Eraser: Sendable {
    /// What a person asked.
    package struct Request: Sendable {
        package let facility: String
        package let ipp: String?, ins: String?
        /// The domain (OID) of the local identifier, where it is not the facility's own.
        package let authority: String?
        /// Open deliveries are discarded first, with their acknowledgements, and bodies with an awaited report go too.
        package let force: Bool
        package let person: String

        /// A request.
        package init(facility: String, ipp: String?, ins: String?, authority: String? = nil, force: Bool, person: String) {
            (self.facility, self.ipp, self.ins, self.authority, self.force, self.person) = (facility, ipp, ins, authority, force, person)
        }
    }

    private let engine: Engine
    private static let page = 2000, slice = 32

    /// An eraser over a running engine.
    package init(engine: Engine) { self.engine = engine }

    /// The hashed keys under which a facility's listeners keep a patient's messages.
    package static func keys(_ request: Request, _ hash: SipHash) -> PatientKeys {
        PatientKeys(
            patient: request.ipp.map { hash.patient($0, facility: request.facility, authority: request.authority) } ?? 0,
            ins: request.ins.map { hash.ins($0, facility: request.facility) } ?? 0)
    }

    /// Erases what may go and says what may not.
    package func erase(_ request: Request) async throws(JournalError) -> ErasureReport {
        let core = engine.core, keys = Self.keys(request, core.journal.hash)
        var found = try await messages(of: keys)
        if request.force, try await discard(found, request) { found = try await messages(of: keys) }
        var report = ErasureReport()
        var gone: [Erased] = [], rest = found.map(\.seq)[...]
        while !rest.isEmpty {
            gone += try await core.journal.erase(Array(rest.prefix(Self.slice)), evenAwaited: request.force, by: request.person, now: core.time.now)
            rest = rest.dropFirst(Self.slice)
        }
        let erased = Set(gone.map(\.seq))
        for message in found {
            for destination in message.sentTo { report.sentTo[destination, default: 0] += 1 }
            if !erased.contains(message.seq) {
                report.left.append(
                    ErasureReport.Left(
                        message: message.id.description, isDecided: message.isDecided, open: message.open, awaited: message.awaited))
            }
        }
        (report.messages, report.bytes) = (gone.count, gone.reduce(0) { $0 + $1.bytes })
        report.digest = Key128.hex(core.digester.sha256(gone.sorted { $0.seq < $1.seq }.flatMap(\.digest)))
        try await prove(report, request)
        report.isScrubbed = try await scrub()
        return report
    }

    private func messages(of keys: PatientKeys) async throws(JournalError) -> [PatientMessage] {
        var found: [PatientMessage] = [], after: Seq? = 0
        while let from = after {
            let page = try await engine.core.journal.messages(of: keys, after: from, limit: Self.page)
            found += page.found
            after = page.next
        }
        return found
    }

    /// Discards open deliveries as a person would, one by one; those that are being sent just now stay, and are listed. True if any was.
    private func discard(_ found: [PatientMessage], _ request: Request) async throws(JournalError) -> Bool {
        var any = false
        for id in found.flatMap(\.open) {
            guard let stored = try await engine.core.journal.find(.delivery(id)).deliveries.first else { continue }
            do throws(JournalError) {
                try await Commands(engine: engine).perform(.discard(Reasons.erased), on: id, expecting: stored.version, by: request.person)
                any = true
            } catch {
                switch error {
                case .refused, .stale: continue
                default: throw error
                }
            }
        }
        return any
    }

    private func prove(_ report: ErasureReport, _ request: Request) async throws(JournalError) {
        let proof = Reason(
            Reasons.erased.code,
            Text(
                fr: "Effacement d'un patient : \(report.messages) messages, \(report.bytes) octets, \(report.left.count) laissés",
                en: "Erasure of a patient: \(report.messages) messages, \(report.bytes) bytes, \(report.left.count) left"),
            location: "sha256 " + report.digest)
        try await engine.core.journal.note(.erased, proof, by: request.person, now: engine.core.time.now)
    }

    /// Until the files are unlinked and the log holds nothing of it any more; a reader that stays for long makes it give up.
    private func scrub() async throws(JournalError) -> Bool {
        let core = engine.core
        var steps = 0
        while try await core.journal.tidy(), steps < 10_000 { steps += 1 }
        for _ in 0..<100 {
            if try await core.journal.scrub() { return true }
            await core.time.sleep(until: core.time.now + .milliseconds(50))
        }
        return false
    }
}

/// What an erasure did; nothing in it names the patient.
package struct ErasureReport: Sendable, Codable, Hashable {
    /// A message that had to stay.
    package struct Left: Sendable, Codable, Hashable {
        package let message: String
        package let isDecided: Bool
        package let open: [DeliveryID], awaited: [DeliveryID]
    }

    package var messages = 0, bytes = 0
    /// SHA-256 of the digests that went, in order.
    package var digest = ""
    package var left: [Left] = []
    /// Destinations that have received something: copies may be there.
    package var sentTo: [String: Int] = [:]
    /// The journal's own files hold nothing of it any more.
    package var isScrubbed = false

    /// Nothing yet.
    package init() {}
}

extension Reasons {
    static let erased = Reason("P0554", Text(fr: "Effacé à la demande d'une personne", en: "Erased on a person's demand"))
}
