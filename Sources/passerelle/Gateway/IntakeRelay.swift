import Pipeline
import Synchronization

/// Listeners are built with the configuration, the engine after it: until the engine is there, everything is answered `later`.
final class IntakeRelay: Intake {
    private let target = Mutex<(any Intake)?>(nil)

    /// From now on, everything goes to the engine.
    func connect(_ intake: any Intake) { target.withLock { $0 = intake } }

    func receive(_ acceptance: Acceptance, content: (any Content)?, turn: Turn?, answer: @escaping @Sendable (Answer) -> Void) {
        guard let intake = target.withLock({ $0 }) else { return answer(.later(Self.starting)) }
        intake.receive(acceptance, content: content, turn: turn, answer: answer)
    }

    func partner(listener: String, application: String, facilityCode: String, subject: String?) -> PartnerMatch {
        guard let intake = target.withLock({ $0 }) else { return .unknown(Self.starting) }
        return intake.partner(listener: listener, application: application, facilityCode: facilityCode, subject: subject)
    }

    private static let starting = Reason("207", Text(fr: "La passerelle démarre.", en: "The gateway is starting."))
}
