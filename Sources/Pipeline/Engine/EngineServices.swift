package import Logging
import Synchronization

/// What listeners and senders need of the engine. While a configuration is only checked, `intake` refuses everything.
package struct EngineServices: Sendable {
    package let intake: any Intake
    package let journal: (any Journal)?
    package let time: any Timekeeper
    package let random: any Randomness
    package let digester: Digester
    /// The keyed hash for order keys.
    package let hash: SipHash
    /// The only door to blocking C that waits.
    package let io: any BlockingDoor
    package let logger: Logger
    /// What connectors count.
    package let tally: Tally

    /// The services.
    package init(
        intake: any Intake, journal: (any Journal)?, time: any Timekeeper, random: any Randomness, digester: Digester, hash: SipHash, io: any BlockingDoor,
        logger: Logger, tally: Tally = Tally()
    ) {
        (self.intake, self.journal, self.time, self.random) = (intake, journal, time, random)
        (self.digester, self.hash, self.io, self.logger, self.tally) = (digester, hash, io, logger, tally)
    }
}

/// Counts things by name since the start: what operators should see of, and no event of its own.
package final class Tally: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    /// Nothing counted.
    package init() {}

    /// One more.
    package func count(_ name: String) { counts.withLock { $0[name, default: 0] += 1 } }

    /// What was counted.
    package var all: [String: Int] { counts.withLock { $0 } }
}

/// Runs blocking work away from the cooperative pool. Each scope has its own share of threads, so that far ends that hang do not stop the others.
package protocol BlockingDoor: Sendable {
    /// Runs `work` on a thread of `scope`.
    func run<T: Sendable>(_ scope: String, _ work: @escaping @Sendable () -> T) async -> T
    /// The same, where the scope has so many places: as many threads are its own.
    func run<T: Sendable>(_ scope: String, places: Int, _ work: @escaping @Sendable () -> T) async -> T
}

extension BlockingDoor {
    package func run<T: Sendable>(_ scope: String, places: Int, _ work: @escaping @Sendable () -> T) async -> T { await run(scope, work) }
}

/// Where listeners hand in what arrived.
package protocol Intake: Sendable {
    /// Journals, judges and answers. `answer` is called once, from any thread, and must not block; `content` is the parsed body if the listener has it.
    /// AA and AE come only after the message is on stable storage; `later` (AR) when nothing was stored. With a `turn`, what is light may be judged there.
    func receive(_ acceptance: Acceptance, content: (any Content)?, turn: Turn?, answer: @escaping @Sendable (Answer) -> Void)
    /// The partner that may use these names on this listener.
    func partner(listener: String, application: String, facilityCode: String, subject: String?) -> PartnerMatch
}

/// Does a piece of work, soon, where a connection's answers are written, and writes the answer that it gives: small checks stay there (design §5),
/// which saves a change of threads, and then what is left to do. Nil: the answer comes another way.
package typealias Turn = @Sendable (_ work: @escaping @Sendable () -> Judgement?) -> Void

/// An answer, and what is to be done once it is written.
package typealias Judgement = (answer: Answer, then: () -> Void)

extension Intake {
    /// The same for who has no thread of its own for answers.
    package func receive(_ acceptance: Acceptance, content: (any Content)?, answer: @escaping @Sendable (Answer) -> Void) {
        receive(acceptance, content: content, turn: nil, answer: answer)
    }
}

/// Who speaks on a connection.
package enum PartnerMatch: Sendable {
    /// `ipp`: the OID of the facility's own patient identifiers, by which messages of one patient keep their order.
    case known(Partner, RepeatRule, ipp: String? = nil)
    /// Nobody of that name, or the certificate's subject does not fit.
    case unknown(Reason)
}

/// What to tell the sender of a message.
package enum Answer: Sendable {
    /// Taken (AA), with warnings.
    case accepted([Finding])
    /// Refused for good (AE).
    case rejected([Finding])
    /// Not now, nothing was stored (AR, 451, 503).
    case later(Reason)
}
