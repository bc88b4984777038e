package import Pipeline
import FoundationEssentials

/// Answers requests: reads the journal through `find` alone, and hands commands to the engine.
package struct DoorDesk: Sendable {
    private let journal: any Journal
    private let engine: any EngineControl

    /// A desk for a journal and its engine.
    package init(journal: any Journal, engine: any EngineControl) { (self.journal, self.engine) = (journal, engine) }

    /// The status and the JSON of the answer.
    package func answer(method: String, uri: String, body: [UInt8]) async -> (status: Int, json: [UInt8]) {
        do throws(DoorRefusal) {
            return try await answer(DoorRequest(method: method, uri: uri, body: body))
        } catch {
            return refuse(error)
        }
    }

    /// The answer that a refusal is.
    package func refuse(_ refusal: DoorRefusal) -> (status: Int, json: [UInt8]) {
        (refusal.status, Self.json(RefusalView(error: ReasonView(refusal.reason))))
    }

    private func answer(_ request: DoorRequest) async throws(DoorRefusal) -> (Int, [UInt8]) {
        switch request {
        case .health:
            let health = await engine.health()
            return (health.isTaking ? 200 : 503, Self.json(health))
        case .queue(let states, let destination, let after, let limit, let reveal):
            let counts = try await find(.counts).counts
            let page = try await find(.deliveries(states: states, destination: destination, after: after, limit: limit))
            let health = await engine.health()
            let since = QueueView.Since(counters: health.counters, refusals: health.refusals, tally: health.tally)
            let view = QueueView(
                incoming: counts.incoming, open: counts.open, deliveries: page.deliveries.map { DeliveryView($0, reveal: reveal) },
                next: page.more ? page.deliveries.last?.delivery.id : nil, halted: health.halted,
                since: health.uptime > 0 || !health.counters.isEmpty ? since : nil)
            return (200, Self.json(view))
        case .delivery(let id, let reveal):
            return (200, Self.json(DeliveryView(try await delivery(id), reveal: reveal)))
        case .message(let name, let reveal):
            return (200, Self.json(MessagesView(messages: try await messages(name, reveal: reveal))))
        case .command(let id, let command, let body):
            return try await carryOut(command, on: id, body)
        case .erase(let body):
            do throws(JournalError) { return (200, Self.json(try await engine.erase(body))) } catch { throw Self.refusal(error) }
        case .resume(let scope, let body):
            do throws(JournalError) {
                guard try await engine.resume(scope, by: body.by ?? "console") else { throw DoorRefusal.notFound.journalError }
            } catch { throw Self.refusal(error) }
            return (200, Self.json(await engine.health()))
        case .audit: return (200, Self.json(try await find(.audit(0)).audit.map { AuditView($0) }))
        case .reload(let body):
            let view = await engine.reload(by: body.by ?? "console")
            return (view.isTaken ? 200 : 422, Self.json(view))
        }
    }

    private func carryOut(_ command: OperatorCommand, on id: DeliveryID, _ body: CommandBody) async throws(DoorRefusal) -> (Int, [UInt8]) {
        let version = if let seen = body.expecting { seen } else { try await delivery(id).version }
        do throws(JournalError) {
            try await engine.command(command, on: id, expecting: version, by: body.by ?? "console")
        } catch { throw Self.refusal(error) }
        return (200, Self.json(DeliveryView(try await delivery(id))))
    }

    private func delivery(_ id: DeliveryID) async throws(DoorRefusal) -> StoredDelivery {
        guard let found = try await find(.delivery(id)).deliveries.first else { throw .notFound }
        return found
    }

    private func messages(_ name: String, reveal: Bool) async throws(DoorRefusal) -> [MessageView] {
        var found: [StoredMessage] = []
        if let id = MessageID(name) { found = try await find(.message(id)).messages }
        if found.isEmpty {
            // A search gives rows; the whole message, with trace and children, comes by its id.
            for row in try await find(.controlID(name)).messages { found += try await find(.message(row.message.envelope.id)).messages }
        }
        if found.isEmpty { throw .notFound }
        var views: [MessageView] = []
        for message in found {
            let audit = try await find(.audit(message.message.seq)).audit
            views.append(MessageView(message, audit: audit, reveal: reveal))
        }
        return views
    }

    private func find(_ query: Query) async throws(DoorRefusal) -> Page {
        do throws(JournalError) { return try await journal.find(query) } catch { throw Self.refusal(error) }
    }

    /// What a failure of the journal is in HTTP.
    static func refusal(_ error: JournalError) -> DoorRefusal {
        switch error {
        case .stale:
            DoorRefusal(409, "P9020", Text(fr: "Changé entre-temps : relire, puis recommencer.", en: "It changed meanwhile: read it again, then repeat."))
        case .full: DoorRefusal(503, "P9021", Text(fr: "Le disque du journal est plein.", en: "The journal's disk is full."))
        case .closed: DoorRefusal(503, "P9022", Text(fr: "Le journal se ferme.", en: "The journal is closing."))
        case .away: DoorRefusal(503, "P9025", Text(fr: "La base de données ne répond pas.", en: "The database does not answer."))
        case .broken: DoorRefusal(500, "P9023", Text(fr: "Le journal ne répond plus.", en: "The journal has failed."))
        case .damaged: DoorRefusal(500, "P9024", Text(fr: "Un corps du journal est abîmé ou absent.", en: "A body of the journal is damaged or missing."))
        case .refused(let reason): DoorRefusal(reason == DoorRefusal.notFound.reason ? 404 : 422, reason)
        }
    }

    private static func json(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { Array($0) } ?? []  // views hold texts and numbers alone: they always encode
    }
}

extension DoorRefusal {
    /// The same refusal, as the journal says it.
    var journalError: JournalError { .refused(reason) }
}
