import Synchronization

/// Keeps this gateway's part of a shared journal: beats, takes and gives up shards, adopts messages (design §7).
struct LeaseKeeper: Sendable {
    let engine: Engine
    let journal: any SharedJournal
    /// The beat's own tick comes as `gateways`.
    let inbox: Inbox<JournalHint>
    private let adoptions = Inbox<Void>()
    private let leaving = Leaving()

    init(engine: Engine, journal: any SharedJournal, inbox: Inbox<JournalHint>) {
        (self.engine, self.journal, self.inbox) = (engine, journal, inbox)
    }

    /// Shards that are being given up: touched by the keeper's own task alone.
    private final class Leaving: Sendable {
        let shards = Mutex<Set<Int>>([])
    }

    /// The first beat, then all others: returns once this gateway is known to the journal.
    func begin(in group: inout DiscardingTaskGroup) async {
        journal.onHint { [inbox] in inbox.put($0) }
        while await !beat(), !engine.core.isDraining { await engine.core.time.sleep(until: engine.core.time.now + .milliseconds(200)) }
        group.addTask { await run() }
        group.addTask { await adopt() }
        adoptions.put(())
    }

    private func run() async {
        while let hints = await inbox.take() {
            for hint in Set(hints) {
                switch hint {
                case .lanes(let lanes): engine.dispatcher.hinted(lanes)
                case .anyLane: engine.dispatcher.hinted(nil)
                case .parked: adoptions.put(())
                case .gateways: _ = await beat()
                }
            }
        }
        adoptions.close()
    }

    /// False: the journal did not answer. The lease then ends by itself.
    private func beat() async -> Bool {
        let dispatcher = engine.dispatcher, core = engine.core
        let before = leaving.shards.withLock { $0 }
        let empty = before.subtracting(dispatcher.busy(among: before))
        do throws(JournalError) {
            let news = try await journal.beat(leaving: empty)
            leaving.shards.withLock { $0 = news.surplus }
            core.leases.update(news, leaving: news.surplus)
            dispatcher.leave(news.lost.union(news.surplus))
            if !news.gained.isEmpty { engine.owesRelease.withLock { $0 = true } }
            if !news.gained.isEmpty || !before.subtracting(empty).subtracting(news.surplus).isEmpty { dispatcher.gained() }
            if news.hasParked { adoptions.put(()) }
            return true
        } catch {
            if error != .away { core.fail(error) }
            return false
        }
    }

    // MARK: Messages

    /// What a dead gateway had not planned is judged again, in groups behind a durable marker, as after a crash of one's own; what only waited
    /// for its turn goes the same way.
    private func adopt() async {
        while await adoptions.take() != nil {
            do throws(JournalError) {
                while !engine.core.isDraining, try await adoptGroup() {}
            } catch {
                if error != .away { engine.core.fail(error) }
            }
        }
    }

    /// False when there was nothing to adopt.
    private func adoptGroup() async throws(JournalError) -> Bool {
        let recovery = Recovery(engine: engine)
        let found = try await journal.adopt(limit: 256)
        if found.isEmpty { return false }
        let clear = found.filter { $0.suspicion == .none }.map(\.unrouted)
        if !clear.isEmpty { try await recovery.together(clear) }
        for one in found where one.suspicion != .none { try await recovery.alone(one.unrouted, killed: one.suspicion == .alone) }
        try await recovery.mark([])
        return true
    }
}
