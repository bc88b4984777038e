import Clinical
import France
import HL7v2
import Logging
import Pipeline
import Trust

/// One attempt of one delivery: gate, look-up where an entry is named, lot, record, send, judge.
struct DMPConversation: Sendable {
    /// What a structure sends with; a test brings its own.
    struct Line: Sendable {
        let facility: Facility
        let seal: Identity
        let lps: LPSIdentity
        /// Blocking: url, content type, body.
        let post: @Sendable (String, String, [[UInt8]]) -> DMPExchange

        init(_ structure: DMPStructure) {
            self.init(facility: structure.facility, seal: structure.seal, lps: structure.lps) { structure.post($0, contentType: $1, $2) }
        }

        init(facility: Facility, seal: Identity, lps: LPSIdentity, post: @escaping @Sendable (String, String, [[UInt8]]) -> DMPExchange) {
            (self.facility, self.seal, self.lps, self.post) = (facility, seal, lps, post)
        }
    }

    /// An outcome that ends the attempt.
    struct End: Error {
        let outcome: Outcome

        init(_ outcome: Outcome) { self.outcome = outcome }
    }

    /// What is read once and does not change while the attempt runs.
    struct Prepared: Sendable {
        let line: Line
        /// CONNEXION_SECRETE. The request itself is not kept: it would hold the whole message in memory while the lot is sent.
        let isSecret: Bool
        let kind: RequestKind
        var input: DMPLotInput
        let isUnlisted: Bool
    }

    let sender: DMPSender
    let delivery: Delivery
    let attempt: Attempt
    let line: @Sendable (String) async -> Result<Line, Reason>

    func run() async -> Outcome {
        do throws(End) {
            let prepared = try await prepare()
            return switch prepared.kind {
            case .initial: try await publish(prepared, entries: [:], context: context())
            case .replacement, .visibilityChange: try await replace(prepared)
            case .deletion: try await delete(prepared)
            }
        } catch {
            return error.outcome
        }
    }

    var scope: String { sender.scope(delivery) }

    /// What an earlier attempt sent may be there already only if it recorded its digest, which comes right before sending.
    func isUncertain(_ digest: String = "digest") -> Bool { delivery.wasUnknown && delivery.facts[digest] != nil }

    func context(_ digest: String = "digest") -> DMPContext {
        var context = DMPContext()
        context.isUncertain = isUncertain(digest)
        context.attempt = delivery.attempt
        context.predecessorIsOpen = delivery.predecessorOpen
        context.now = sender.services.engine.time.now.milliseconds / 1000
        return context
    }

    // MARK: Publication

    /// Builds, records and sends the lot, and judges the answer.
    func publish(_ prepared: Prepared, entries: [Int: String], context: DMPContext) async throws(End) -> Outcome {
        let (verdict, facts) = try await submit(prepared, entries, context)
        return verdict.outcome(scope: scope, proof: facts)
    }

    private func submit(
        _ prepared: Prepared, _ entries: [Int: String], _ context: DMPContext
    ) async throws(End) -> (DMPVerdict, [String: String]) {
        let (sender, delivery) = (sender, delivery)
        let lot = try await door { () throws(DMPLotError) in
            var input = prepared.input
            input.replaces = entries
            return try DMPLot(input, tables: sender.tables)
        }
        let digest = await blocking { lot.digest }
        var facts = ["digest": digest, "submission-set": lot.setID]
        try await record(facts)
        let vihf = try vihf(prepared)
        let exchange = try await door { () throws(DMPLotError) in
            let url = sender.settings.base + "/repository"
            let message = lot.request(to: url, messageID: sender.uuid(), assertion: try vihf.signed(by: prepared.line.seal))
            return prepared.line.post(url, message.contentType, message.pieces)
        }
        facts["vihf"] = vihf.id
        if prepared.isUnlisted {
            facts["role"] = "AUTOMATE"
            sender.services.engine.tally.count("AUTOMATE")
            sender.services.engine.logger.notice("the sender is in no professionals list: sent as AUTOMATE", metadata: ["facility": "\(delivery.facility)"])
        }
        return (DMPJudge(sender.tables.answers).submission(exchange, context), facts)
    }

    // MARK: Replacement

    /// The entry is looked up right before: its identifier changes with every update of its metadata.
    private func replace(_ prepared: Prepared) async throws(End) -> Outcome {
        var context = context()
        context.namesEntry = true
        var entries = try await lookUp(prepared, parents(prepared), context)
        let (verdict, facts) = try await submit(prepared, entries, context)
        guard case .lookAgain(let reason) = verdict else { return verdict.outcome(scope: scope, proof: facts) }
        // Nothing was stored (ITI-41 is all or nothing): one new look-up, then the answer stands.
        let before = entries
        entries = try await lookUp(prepared, parents(prepared), context)
        guard entries != before else { return .refused(Reason(reason)) }
        context.hasLookedAgain = true
        return try await publish(prepared, entries: entries, context: context)
    }

    /// uniqueId of the document that each one replaces.
    private func parents(_ prepared: Prepared) throws(End) -> [String] {
        var parents: [String] = []
        for document in prepared.input.documents {
            guard let parent = document.header.replaces.first else { throw End(.refused(DMPReasons.nothingReplaced)) }
            parents.append(parent.text)
        }
        return parents
    }

    /// The entryUUID of each uniqueId; the recorded ones after an unknown, so that the same bytes leave again.
    private func lookUp(_ prepared: Prepared, _ uniqueIDs: [String], _ context: DMPContext) async throws(End) -> [Int: String] {
        var found: [Int: String] = [:]
        for (index, uniqueID) in uniqueIDs.enumerated() {
            if isUncertain(), let known = delivery.facts["entry.\(index)"] {
                found[index] = known
                continue
            }
            found[index] = try await entry(prepared, uniqueID, context)
        }
        var facts: [String: String] = [:]
        for (index, entry) in found { facts["entry.\(index)"] = entry }
        try await record(facts)
        return found
    }

    private func entry(_ prepared: Prepared, _ uniqueID: String, _ context: DMPContext) async throws(End) -> String {
        let sender = sender
        let vihf = try vihf(prepared)
        let exchange = try await door { () throws(DMPLotError) in
            let url = sender.settings.base + "/registry"
            let body = DMPTransaction.lookUp(
                uniqueID: uniqueID, to: url, messageID: sender.uuid(), assertion: try vihf.signed(by: prepared.line.seal))
            return prepared.line.post(url, DMPTransaction.contentType(action: XDSScheme.Action.storedQuery), [body])
        }
        switch DMPJudge(sender.tables.answers).lookUp(exchange, context) {
        case .success(let entry): return entry
        case .failure(let failure): throw End(failure.verdict.outcome(scope: scope, proof: [:]))
        }
    }

    // MARK: Deletion

    /// One request for each document; those done are not asked for again.
    private func delete(_ prepared: Prepared) async throws(End) -> Outcome {
        var facts: [String: String] = [:]
        for (index, document) in prepared.input.documents.enumerated() where delivery.facts["deleted.\(index)"] == nil {
            var context = context("digest.\(index)")
            context.namesEntry = true
            let known = context.isUncertain ? delivery.facts["entry.\(index)"] : nil
            var entry: String
            if let known { entry = known } else { entry = try await self.entry(prepared, document.header.id.text, context) }
            var verdict = try await delete(prepared, index, entry, context)
            if case .lookAgain(let reason) = verdict {
                let again = try await self.entry(prepared, document.header.id.text, context)
                guard again != entry else { return .refused(Reason(reason)) }
                entry = again
                context.hasLookedAgain = true
                verdict = try await delete(prepared, index, entry, context)
            }
            guard case .delivered = verdict else { return verdict.outcome(scope: scope, proof: facts) }
            facts["deleted.\(index)"] = entry
            try await record(["deleted.\(index)": entry])
        }
        return DMPVerdict.delivered("Success").outcome(scope: scope, proof: facts)
    }

    private func delete(_ prepared: Prepared, _ index: Int, _ entry: String, _ context: DMPContext) async throws(End) -> DMPVerdict {
        let sender = sender
        let deletion = DMPDeletion(prepared.input, index: index, entryUUID: entry, tables: sender.tables)
        try await record(["entry.\(index)": entry, "digest.\(index)": deletion.digest, "submission-set": deletion.set.uniqueID])
        let vihf = try vihf(prepared)
        let exchange = try await door { () throws(DMPLotError) in
            let url = sender.settings.base + "/registry"
            let body = deletion.request(to: url, messageID: sender.uuid(), assertion: try vihf.signed(by: prepared.line.seal))
            return prepared.line.post(url, DMPTransaction.contentType(action: XDSScheme.Action.updateDocumentSet), [body])
        }
        return DMPJudge(sender.tables.answers).submission(exchange, context)
    }
}
