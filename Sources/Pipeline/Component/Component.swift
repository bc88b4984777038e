package import ServiceLifecycle

/// Listener, sender, check, step or then: what a configuration file can name (design §4).
package protocol Component: Sendable {
    /// The kind word and its fields: parsing, diagnostics and documentation follow from it.
    static var spec: Spec { get }
    /// Builds it from checked fields. Errors are placed at the field they concern.
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError)
    /// What it keeps of the configuration beside its own fields and the secrets behind them: a reload makes it anew when that changed.
    static var keeps: Surroundings { get }
}

/// What a component keeps of the configuration.
package enum Surroundings: Sendable {
    /// Nothing: facilities and partners are asked for when they are needed.
    case nothing
    /// Facilities with their identities and mailboxes, authorities, operators, the software, code tables.
    case everything
}

extension Component {
    package static var keeps: Surroundings { .everything }
}

/// Decides the answer to the sender. Pure: reads the message alone.
package protocol Check: Component {
    /// What is wrong; any error means AE and no route delivers. `decodes` tells whether it opens a document (then it runs off the router).
    func findings(_ message: Reading) -> [Finding]
    /// It decodes documents: costs more than microseconds.
    var isHeavy: Bool { get }
}

/// A pure function of a message.
package protocol Step: Component {
    /// Changes the draft, or ends it.
    func apply(_ draft: inout Draft) throws(StepFailure) -> StepResult
    /// The notes that it may write, as paths (`recipients.pro`); nil: any. A path that nobody writes is an error of the route.
    var writes: Set<String>? { get }
    /// The notes that it reads.
    var reads: [NotePath] { get }
    /// It decodes documents: costs more than microseconds.
    var isHeavy: Bool { get }
}

extension Step {
    package var writes: Set<String>? { nil }
    package var reads: [NotePath] { [] }
}

/// What a step says.
package enum StepResult: Sendable {
    /// Go on.
    case pass
    /// This route delivers nothing, for this reason.
    case drop(Reason)
}

/// A step could not do it: the route becomes a held delivery to `route:NAME`.
package struct StepFailure: Error, Sendable {
    package let reason: Reason

    /// A failure.
    package init(_ reason: Reason) { self.reason = reason }
}

/// Turns (message, delivery, event) into new messages, in the transaction that settles. Pure.
package protocol Then: Component {
    /// The messages to emit. `emission.controlID(n)` gives the same ids for the same delivery and event, always.
    func emit(_ message: Reading, _ delivery: Delivery, _ event: Event, _ emission: EmissionContext) -> [Emission]
    /// Whether this message's sender asked to be told: where nobody is told of a failure, an alert is raised.
    func isAsked(_ message: Reading) -> Bool
    /// The words of the senders whose outcome it tells (`dmp`); nil: any.
    static var tellsOf: Set<String>? { get }
    /// What it emits, as `from: {emitted: [zam]}` names it.
    static var emits: Set<String> { get }
}

extension Then {
    package static var tellsOf: Set<String>? { nil }
    package static var emits: Set<String> { [] }
}

/// What a `then` may use beside the message.
package struct EmissionContext: Sendable {
    /// When the event happened.
    package let time: Instant
    /// The control id of the n-th message emitted: 20 base-32 letters.
    package let controlID: @Sendable (Int) -> String
    /// For a report: what was known of the delivery before it came.
    package let before: StoredDelivery?

    /// A context.
    package init(time: Instant, before: StoredDelivery? = nil, controlID: @escaping @Sendable (Int) -> String) {
        (self.time, self.before, self.controlID) = (time, before, controlID)
    }
}

/// A message built by a `then`; it inherits its parent's partner and order keys.
package struct Emission: Sendable {
    /// The word that `from: {emitted: [zam]}` names.
    package let kind: String
    /// The name of a format.
    package let format: String
    package let controlID: String
    package let bytes: [UInt8]

    /// An emission.
    package init(kind: String, format: String, controlID: String, bytes: [UInt8]) {
        (self.kind, self.format, self.controlID, self.bytes) = (kind, format, controlID, bytes)
    }
}

/// Turns connections into messages. A service: runs until shutdown.
package protocol Listener: Component, Service {
    /// Ports, mailboxes and folders it owns: two listeners with one of them is an error.
    var owns: [String] { get }
    /// The address it is bound to once it runs, for tests and for port 0.
    var boundPort: Int? { get async }
    /// Takes what it owns, from the system or from one of the `former` listeners, without serving yet: a reload is refused while nothing has changed.
    func open(_ former: [any Listener]) async throws(Reason)
    /// Gives back what `open` took: it will not run.
    func abandon() async
    /// Who its messages are from, and whether a route must take them.
    static var admission: Admission { get }
    /// Whether it may serve while a former listener of the same name or resource ends its work.
    var overlaps: Bool { get }
    /// A reload left it as it is: reads again what is renewed while it runs (authorities, revocation lists). Blocks.
    func refresh()
}

/// How the messages of a listener find their facility.
package enum Admission: Sendable {
    /// By who connects: `partners` of the facilities.
    case partners
    /// By the listener's own fields.
    case itself
    /// It reads reports about what was sent: no route takes them.
    case reports
}

extension Listener {
    package static var admission: Admission { .itself }
    package func open(_ former: [any Listener]) async throws(Reason) {}
    package func abandon() async {}
    package var overlaps: Bool { false }
    package func refresh() {}
}

/// What a sender demands of a route that sends through it.
package struct SenderDemand: Sendable {
    /// Whether a destination's `each` makes its deliveries.
    package enum Each: Sendable {
        /// It would send the same once for each item.
        case never
        /// Without it there is nobody to send to.
        case always
        case free
    }

    /// Words of `check:` and `do:` whose work it builds on.
    package let checks: [String], steps: [String]
    /// The one format that it sends; nil: any.
    package let format: String?
    package let each: Each

    /// A demand; nothing unless said.
    package init(checks: [String] = [], steps: [String] = [], format: String? = nil, each: Each = .free) {
        (self.checks, self.steps, self.format, self.each) = (checks, steps, format, each)
    }
}

/// Turns a delivery into an outcome.
package protocol Sender: Component {
    /// What a route must do for it.
    static var demand: SenderDemand { get }
    /// It takes everything and sends nothing: stands for any sender outside production.
    static var sendsNothing: Bool { get }
    /// What a facility that sends through it lacks, or what the node lacks for it; `place`: where the facility takes part in the route.
    func faults(for facility: Facility, at place: Place) -> [Diagnostic]
    /// What happens after `unknown`.
    var afterUnknown: AfterUnknown { get }
    /// What a route rewrote leaves as it is, and may leave again by itself: the plan notes the digest of those bytes (`digest` among the facts),
    /// so that the sender need not wait for a commit of its own before they leave.
    var sendsRewritten: Bool { get }
    /// Deliveries at a time.
    var concurrency: Int { get }
    /// Deliveries a second for each structure or far end; nil: no limit. `rateScope` gives the scope of a delivery.
    var rate: Double? { get }
    /// The first and the longest pause between attempts, and how long until a delivery that never succeeds is held.
    var retry: RetryPolicy { get }
    /// The longest that one attempt can be under way: a gateway begins none that could outlast its lease.
    var patience: Duration { get }
    /// Is the far end there? Start-up, console, `check --online`.
    func probe() async -> Reason?
    /// What `check --online` says beside the answer of `probe`: the age of a list, for example.
    var remark: Text? { get }
    /// Classifies, never throws. Looked-up facts and the digest of the built bytes are recorded before they leave.
    func deliver(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome
    /// For `.ask`.
    func resolve(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome?
    /// The names by which reports find the delivery: Message-ID, ENVID. Pure.
    func tokens(_ key: Key128, _ message: Message, _ part: Part) -> [Token]
    /// The scope that a rate limit and a halt apply to: the structure, the mailbox, or the sender itself.
    func scope(_ delivery: Delivery) -> String
    /// The lane key when the route does not say: which of the envelope's keys order this far end's deliveries.
    func laneKey(_ keys: OrderKeys, _ part: Part) -> UInt64
    /// A reload left it as it is: reads again what is renewed while it runs (authorities, revocation lists). Blocks.
    func refresh()
    /// Another took its place and nothing of its own is under way: connections that rest are closed. Must not block.
    func retire()
}

extension Sender {
    package static var demand: SenderDemand { SenderDemand() }
    package static var sendsNothing: Bool { false }
    package func faults(for facility: Facility, at place: Place) -> [Diagnostic] { [] }
    package var sendsRewritten: Bool { false }
    package var concurrency: Int { 4 }
    package var rate: Double? { nil }
    package var retry: RetryPolicy { RetryPolicy() }
    package var patience: Duration { .seconds(30) }
    package func probe() async -> Reason? { nil }
    package var remark: Text? { nil }
    package func resolve(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome? { nil }
    package func tokens(_ key: Key128, _ message: Message, _ part: Part) -> [Token] { [] }
    package func scope(_ delivery: Delivery) -> String { delivery.sender }
    package func laneKey(_ keys: OrderKeys, _ part: Part) -> UInt64 { keys.planning }
    package func refresh() {}
    package func retire() {}
}

/// Exponential with jitter.
package struct RetryPolicy: Sendable, Hashable {
    package var first: Duration, longest: Duration
    /// After this long without success: held, with one alert.
    package var giveUp: Duration
    /// Nothing waits longer between two attempts, whatever a far end asks for: a later time in a journal was written by a clock that was wrong.
    package static let longestWait = Duration.seconds(2 * 3600)

    /// A policy.
    package init(first: Duration = .seconds(2), longest: Duration = .seconds(300), giveUp: Duration = .seconds(86_400)) {
        (self.first, self.longest, self.giveUp) = (first, longest, giveUp)
    }

    /// The pause after attempt `n` (from 1): doubled each time, with ± 20 % by `chance` (64 random bits).
    package func pause(after n: Int, chance: UInt64) -> Duration {
        let factor = Double(UInt64(1) << UInt64(min(max(n - 1, 0), 20)))
        let jitter = 0.8 + 0.4 * Double(chance >> 11) / Double(UInt64(1) << 53)
        return min(first * factor, longest) * jitter
    }
}

/// What a sender may do during one attempt.
package struct Attempt: Sendable {
    /// Commits facts of this attempt: before bytes leave. Throws if the attempt is no longer ours: then send nothing.
    package let record: @Sendable ([String: String]) async throws(JournalError) -> Void
    /// The bytes of the delivery's message, checked; or those the route's steps rewrote.
    package let bytes: @Sendable () async throws(JournalError) -> [UInt8]
    /// The delivery with its notes bound (the route's steps run again after a restart).
    package let time: Instant

    /// An attempt.
    package init(
        time: Instant, record: @escaping @Sendable ([String: String]) async throws(JournalError) -> Void,
        bytes: @escaping @Sendable () async throws(JournalError) -> [UInt8]
    ) { (self.time, self.record, self.bytes) = (time, record, bytes) }
}
