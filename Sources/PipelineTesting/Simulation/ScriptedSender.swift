package import Pipeline
import Synchronization

/// A sender that does what a test says, and remembers what it was given.
package final class ScriptedSender: Sender {
    /// One call of `deliver` or `resolve`.
    package struct Call: Sendable {
        package let delivery: Delivery
        package let bytes: [UInt8]
        package let isQuestion: Bool
    }
    private let state = Mutex<[Call]>([])
    private let script: @Sendable (Delivery, Attempt, Int) async -> Outcome
    private let answer: @Sendable (Delivery) async -> Outcome?
    package let afterUnknown: AfterUnknown
    package let concurrency: Int
    package let rate: Double?
    package let retry: RetryPolicy

    package static var spec: Spec {
        Spec(
            "scripted", Text(fr: "Destinataire joué par un essai", en: "A far end played by a test"),
            [
                Field(
                    "answers", .list(.choice(["delivered", "deferred", "refused", "unknown", "held"])),
                    Text(fr: "Réponses dans l'ordre, la dernière se répète", en: "Answers in order, the last one repeats"))
            ])
    }

    /// A sender from its script: the delivery, what it may do, and how many calls came before.
    package init(
        afterUnknown: AfterUnknown = .sendAgain, concurrency: Int = 4, rate: Double? = nil, retry: RetryPolicy = RetryPolicy(),
        resolve answer: @escaping @Sendable (Delivery) async -> Outcome? = { _ in nil },
        _ script: @escaping @Sendable (Delivery, Attempt, Int) async -> Outcome = { _, _, _ in .delivered(Proof(answer: "AA")) }
    ) {
        (self.afterUnknown, self.concurrency, self.rate, self.retry) = (afterUnknown, concurrency, rate, retry)
        (self.answer, self.script) = (answer, script)
    }

    package convenience init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {
        let words = fields.texts("answers")
        self.init(resolve: { _ in nil }) { _, _, n in Self.outcome(words.isEmpty ? "delivered" : words[min(n, words.count - 1)]) }
    }

    private static func outcome(_ word: String) -> Outcome {
        let reason = Reason("P0999", Text(fr: "Réponse jouée : \(word)", en: "Scripted answer: \(word)"))
        return switch word {
        case "deferred": .deferred(reason)
        case "refused": .refused(reason)
        case "unknown": .unknown(reason)
        case "held": .held(reason, owner: .vendor)
        default: .delivered(Proof(answer: "AA"))
        }
    }

    package func deliver(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome {
        let bytes = (try? await attempt.bytes()) ?? []
        let before = state.withLock { calls in
            calls.append(Call(delivery: delivery, bytes: bytes, isQuestion: false))
            return calls.count - 1
        }
        return await script(delivery, attempt, before)
    }

    package func resolve(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome? {
        state.withLock { $0.append(Call(delivery: delivery, bytes: [], isQuestion: true)) }
        return await answer(delivery)
    }

    /// What was asked of it, in order.
    package var calls: [Call] { state.withLock { $0 } }
    /// The ids of what was sent, in order.
    package var sent: [DeliveryID] { calls.filter { !$0.isQuestion }.map(\.delivery.id) }
}
