/// Every component that a configuration file may name; handed in by the composition root.
package struct ComponentRegistry: Sendable {
    package var checks: [any Check.Type]
    package var steps: [any Step.Type]
    package var thens: [any Then.Type]
    package var listeners: [any Listener.Type]
    package var senders: [any Sender.Type]

    /// A registry.
    package init(
        checks: [any Check.Type] = [], steps: [any Step.Type] = [], thens: [any Then.Type] = [], listeners: [any Listener.Type] = [],
        senders: [any Sender.Type] = []
    ) { (self.checks, self.steps, self.thens, self.listeners, self.senders) = (checks, steps, thens, listeners, senders) }
}
