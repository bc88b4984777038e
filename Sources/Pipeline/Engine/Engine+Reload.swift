import Logging
import Synchronization

/// Another configuration while the engine runs (design §5, reload).
extension Engine {
    /// Puts a configuration in force. From one moment on, messages are judged and planned by it, and attempts begin by it; what was begun before ends by
    /// the former one. `changed` names the senders that are others than before, new, or gone: a changed one starts nothing before its old self is done,
    /// and its halts and rests are lifted. Returns how many deliveries were released that were held because their destination was gone.
    @discardableResult package func reconfigure(_ fresh: Configuration, changed: Set<String>) async -> Int {
        dispatcher.reconfigure(fresh, changed: changed)
        return await releaseWhatReturned()
    }

    /// Releases what is held since its destination was gone and is there now.
    func releaseWhatReturned() async -> Int {
        do throws(JournalError) {
            return try await releaseReturned()
        } catch {
            core.logger.error("deliveries that wait for their destination could not be released, it is tried again in a minute: \(error)")
            owesRelease.withLock { $0 = true }
            return 0
        }
    }

    private func releaseReturned() async throws(JournalError) -> Int {
        let commands = Commands(engine: self), core = core
        var released = 0, after: DeliveryID = 0
        while true {
            let page = try await core.journal.find(.deliveries(states: [.held], after: after, limit: 200))
            for stored in page.deliveries where core.leases.works(stored.delivery.lane) {
                if core.isDraining { return released }
                guard try await hasReturned(stored, core.configuration) else { continue }
                do throws(JournalError) {
                    try await commands.perform(.release, on: stored.delivery.id, expecting: stored.version, by: "configuration")
                    released += 1
                } catch {
                    // A person was faster, or a later document is there already: it stays as it is.
                    switch error {
                    case .stale, .refused: continue
                    default: throw error
                    }
                }
            }
            guard page.more, let last = page.deliveries.last?.delivery.id else { return released }
            after = last
        }
    }

    /// Whether what a held delivery waits for is there again. One that may have left is for a person all the same.
    private func hasReturned(_ stored: StoredDelivery, _ configuration: Configuration) async throws(JournalError) -> Bool {
        let delivery = stored.delivery
        guard let reason = stored.reason, Reasons.waitsForConfiguration(reason), !delivery.wasUnknown,
            let route = configuration.route(delivery.route, facility: delivery.facility)
        else { return false }
        if delivery.sender == InternalSender.route { return true }
        guard configuration.senders[configuration.present(delivery).sender] != nil, route.destination(delivery.destination) != nil else { return false }
        guard reason.code == Reasons.notAskedCode else { return true }
        guard let reading = try? await core.reading(delivery.message) else { return false }
        let examiner = Examiner(configuration: configuration, hash: core.journal.hash)
        return examiner.rerun(delivery.route, reading)?.deliveries.contains { $0.destination == delivery.destination && $0.part.id == delivery.part.id }
            ?? false
    }
}
