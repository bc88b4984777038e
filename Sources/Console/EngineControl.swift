package import Pipeline

/// What a person's word needs of the running engine. The engine satisfies it; the composition root joins them.
package protocol EngineControl: Sendable {
    /// Carries out a command on a delivery: waits for an active attempt, runs the route's `then` where the command ends the delivery, commits and audits.
    /// Throws `stale` when the delivery is no longer at version `expecting`, and `refused` when the command does not fit its state.
    func command(_ command: OperatorCommand, on delivery: DeliveryID, expecting version: Int, by person: String) async throws(JournalError)
    /// Ends the rest of a halted scope (a sender, a structure, a mailbox); false when nothing of that name rests.
    func resume(_ scope: String, by person: String) async throws(JournalError) -> Bool
    /// Erases one patient's data; `refused` when the facility is not known.
    func erase(_ request: EraseBody) async throws(JournalError) -> ErasureReport
    /// Reads the configuration again and puts it in force, whole or not at all.
    func reload(by person: String) async -> ReloadView
    /// How the engine is.
    func health() async -> EngineHealth
}

/// How the engine is: the answer of `GET /health`.
package struct EngineHealth: Sendable, Codable, Hashable {
    /// The node's name, `test` or `production`, and the software's version.
    package var node: String, environment: String, version: String
    /// Seconds since the start.
    package var uptime: Int
    /// New messages are taken; false: they are answered AR.
    package var isTaking: Bool
    /// What a person should see to before the journal closes the intake, or what closed it.
    package var strain: ReasonView?
    /// Listener name → port it is bound to.
    package var listeners: [String: Int]
    /// Scopes that rest until a person or a new configuration resumes them.
    package var halted: [HaltedScope]
    /// Since the start: `accepted`, `rejected`, `delivered`, `refused`, `alerts`…
    package var counters: [String: Int]
    /// Refused deliveries since the start, by code: `DocumentTypeNotFed`, `541`…
    package var refusals: [String: Int]
    /// What connectors counted since the start: `AUTOMATE`, documents sent for somebody whom the facility file does not list…
    package var tally: [String: Int]

    /// A state of health.
    package init(
        node: String, environment: String, version: String, uptime: Int, isTaking: Bool, strain: Reason? = nil, listeners: [String: Int] = [:],
        halted: [HaltedScope] = [], counters: [String: Int] = [:], refusals: [String: Int] = [:], tally: [String: Int] = [:]
    ) {
        (self.node, self.environment, self.version, self.uptime) = (node, environment, version, uptime)
        (self.isTaking, self.listeners, self.halted, self.counters) = (isTaking, listeners, halted, counters)
        (self.strain, self.refusals, self.tally) = (strain.map { ReasonView($0) }, refusals, tally)
    }
}

/// A sender, structure or mailbox that rests, and why.
package struct HaltedScope: Sendable, Codable, Hashable {
    /// The name to give to `queue resume`.
    package let scope: String
    package let reason: ReasonView

    /// A resting scope.
    package init(scope: String, reason: Reason) { (self.scope, self.reason) = (scope, ReasonView(reason)) }
}
