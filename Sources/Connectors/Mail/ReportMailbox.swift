import Dispatch
import France
import Logging
import Pipeline
import Synchronization
import Wire

/// Reads the delivery reports of one mailbox, and nothing else in it: other mails are neither opened nor marked. Each report is in the
/// journal before it is marked or moved.
struct ReportMailbox: Sendable {
    /// What is done with a report once it is in the journal.
    enum Mark: Sendable {
        /// A keyword of ours; where the server takes none, `\Seen`.
        case keyword(String)
        case seen
        case move(String)
    }

    let facility: Facility
    let mailbox: Mailbox
    let listener: String
    let access: MailAccess
    let scope: Scope
    let mark: Mark
    /// How long it waits for news before it looks again.
    let period: Duration
    /// A new session now and then: certificates and revocation lists are read again.
    private static let sessionLimit = Duration.seconds(3600)
    /// Largest report that is read.
    let limit: Int
    /// UIDs that look like reports and are none, or cannot be read or marked, as long as UIDVALIDITY stays: left alone.
    private let strange = Strange()

    private final class Strange: Sendable {
        let uids = Mutex<(validity: UInt32, set: Set<UInt32>)>((0, []))
    }

    init(
        facility: Facility, mailbox: Mailbox, listener: String, access: MailAccess, scope: Scope, mark: Mark, period: Duration, limit: Int
    ) {
        (self.facility, self.mailbox, self.listener, self.access) = (facility, mailbox, listener, access)
        (self.scope, self.mark, self.period, self.limit) = (scope, mark, period, limit)
    }

    /// How a session ended.
    enum End: Sendable {
        /// Told to stop, or its time has passed.
        case done
        /// The server cannot tell of news: it is asked again later.
        case withoutIdle
        /// Nothing will change until a person has mended something.
        case refused(String)
        /// The far end went away.
        case lost(String)
    }

    /// One session: everything that waits, then what comes, until `stop` says so or an hour has passed. Blocking: on an I/O thread.
    func watch(stop: @Sendable () -> Bool) -> End {
        let server: MailServer
        do throws(Reason) { server = try access.server(facility, mailbox, imap: true, scope) } catch { return .refused(error.text.en) }
        do throws(WireFailure) {
            let session = try IMAPSession(server)
            defer { session.logout() }
            let opened = try session.select("INBOX")
            if case .move(let folder) = mark { try session.create(folder) }
            let end = ContinuousClock.now + Self.sessionLimit
            while !stop(), ContinuousClock.now < end {
                try collect(session, opened, stop)
                guard session.capabilities.contains("IDLE") else { return .withoutIdle }
                _ = try session.idle(period, stop: stop)
            }
            return .done
        } catch {
            return error.needsAPerson ? .refused(error.description) : .lost(error.description)
        }
    }

    private func collect(_ session: IMAPSession, _ opened: IMAPMailbox, _ stop: () -> Bool) throws(WireFailure) {
        let known = strange.uids.withLock { known in
            if known.validity != opened.uidValidity { known = (opened.uidValidity, []) }
            return known.set
        }
        let found = try session.search(criteria(opened)).filter { !known.contains($0) }
        for start in stride(from: 0, to: found.count, by: 50) {
            let page = Array(found[start..<min(start + 50, found.count)])
            for summary in try session.summaries(page) where !stop() {
                guard DeliveryReport.isReport(header: summary.header ?? []), summary.size <= limit else {
                    leave(summary.uid)
                    continue
                }
                guard try take(summary.uid, session, opened) else { return }  // the journal says later: so later
            }
        }
    }

    /// Fetches a report, hands it in and marks it; false when the journal says later. One that the server does not let us read or mark is
    /// left alone: it would keep back every later one.
    private func take(_ uid: UInt32, _ session: IMAPSession, _ opened: IMAPMailbox) throws(WireFailure) -> Bool {
        do throws(WireFailure) {
            guard let bytes = try session.message(uid, limit: limit) else { return true }  // it vanished
            guard MailFormat.isReport(bytes) else {
                leave(uid)
                return true
            }
            guard journal(bytes) else { return false }
            try settle(uid, session, opened)
        } catch {
            guard error.reason == .commandRefused || error.reason == .answerTooLarge else { throw error }
            leave(uid)
            scope.engine.logger.error("imap \(listener)/\(mailbox.address): a report is left as it is: \(error.description)")
            // The connection is in the middle of a literal: it ends, and the next one passes this mail over.
            if error.reason == .answerTooLarge { throw error }
        }
        return true
    }

    private func leave(_ uid: UInt32) { strange.uids.withLock { _ = $0.set.insert(uid) } }

    /// Only reports, and of these the ones that we have not marked. The header is searched by the server, and looked at again here.
    private func criteria(_ opened: IMAPMailbox) -> String {
        let report = "HEADER Content-Type multipart/report"
        return switch mark {
        case .keyword(let word) where opened.takesKeywords: "UNKEYWORD \(word) \(report)"
        case .keyword, .seen: "UNSEEN \(report)"
        case .move: report
        }
    }

    private func settle(_ uid: UInt32, _ session: IMAPSession, _ opened: IMAPMailbox) throws(WireFailure) {
        switch mark {
        case .keyword(let word) where opened.takesKeywords: try session.addFlags([word], to: uid)
        case .keyword, .seen: try session.addFlags(["\\Seen"], to: uid)
        case .move(let folder):
            if try !session.move(uid, to: folder) { leave(uid) }
        }
    }

    /// Hands the report in and waits until it is on stable storage. False: not taken.
    private func journal(_ bytes: [UInt8]) -> Bool {
        let engine = scope.engine
        let now = engine.time.now
        let digest = engine.digester.sha256(bytes)
        let id = MailFormat.messageID(bytes) ?? Key128(digest).hex
        var keys = OrderKeys()
        keys.connection = engine.hash.key("report", mailbox.address, id).high
        let envelope = Envelope(
            id: MessageID(at: now, engine.random), listener: listener, partner: Partner(facility: facility.name, name: mailbox.address), received: now,
            format: "mail", controlID: id, keys: keys)
        let acceptance = Acceptance(Message(envelope: envelope, body: .bytes(bytes), digest: digest), repeats: .acceptReuse)
        let taken = Mutex(false)
        let waiting = DispatchSemaphore(value: 0)
        engine.intake.receive(acceptance, content: nil) { answer in
            if case .later = answer {} else { taken.withLock { $0 = true } }
            waiting.signal()
        }
        waiting.wait()
        return taken.withLock { $0 }
    }
}

extension Key128 {
    /// The first sixteen bytes of a digest.
    fileprivate init(_ digest: [UInt8]) {
        func half(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: half(digest.prefix(8)), low: half(digest.dropFirst(8).prefix(8)))
    }
}
