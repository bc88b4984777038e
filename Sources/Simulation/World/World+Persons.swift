import Pipeline

/// Persons who look at the queue and say a word.
extension World {
    private static let reason = Reason("simulated", Text(fr: "parole d'exploitant", en: "a person's word"))

    /// A word about some delivery, whatever its state: those that do not fit must be refused.
    func speak(_ word: Word) {
        guard !isCalm, let life, let engine = life.engine else { return }
        if word.kind == .resume { return engine.dispatcher.resume(nil) }
        let all = (try? life.journal.backend.find(.deliveries(states: Set(DeliveryState.allCases), limit: 1000)))?.deliveries ?? []
        let apt = all.filter { word.kind == .release ? $0.state == .held : word.kind == .resend ? !$0.state.isOpen : $0.state.isOpen }
        let choice = word.isApt && !apt.isEmpty ? apt : all
        guard !choice.isEmpty else { return }
        let chosen = choice[word.choice % choice.count].delivery
        let command: OperatorCommand =
            switch word.kind {
            case .hold: .hold(Self.reason, owner: .secretariat)
            case .release: .release
            case .discard: .discard(Self.reason)
            case .resend: .resend
            case .pass: .pass
            case .retry, .resume: .retry
            }
        perform(command, on: chosen.id, life)
    }

    /// What is held in the end is released, or given up where it cannot be.
    func settle(_ held: StoredDelivery, _ life: Life) {
        let isHopeless = chance.percent(20)
        perform(isHopeless ? .discard(Self.reason) : .release, on: held.delivery.id, life) { [unowned self] error in
            guard case .refused = error, !isHopeless else { return }
            perform(.discard(Self.reason), on: held.delivery.id, life)
        }
    }

    private func perform(_ command: OperatorCommand, on id: DeliveryID, _ life: Life, failed: @escaping (JournalError) -> Void = { _ in }) {
        guard let engine = life.engine else { return }
        // @unchecked: a world runs on one thread.
        final class Box: @unchecked Sendable {
            let failed: (JournalError) -> Void
            init(_ failed: @escaping (JournalError) -> Void) { self.failed = failed }
        }
        let box = Box(failed)
        Task(executorPreference: life.executor) { [weak self] in
            do throws(JournalError) {
                try await Commands(engine: engine).perform(command, on: id, by: "person")
                self?.trace { "person: \(command) \(id >> 12).\(id & 4095)" }
            } catch {
                if life.isAlive { box.failed(error) }
            }
        }
    }
}
