package import Pipeline

/// What every journal must do. Each case opens a fresh journal, acts, and throws `Violation` where a promise is broken, so that one suite serves all
/// implementations and the in-memory model stays honest.
package struct JournalConformance: Sendable {
    /// A promise and its proof.
    package struct Case: Sendable, CustomStringConvertible {
        /// The promise, as a sentence.
        package let description: String
        let body: @Sendable (Harness) async throws -> Void

        init(_ description: String, _ body: @escaping @Sendable (Harness) async throws -> Void) { (self.description, self.body) = (description, body) }
    }

    /// A promise that was not kept.
    package struct Violation: Error, CustomStringConvertible {
        package let description: String
    }

    private let open: @Sendable (ManualClock) async throws -> any Journal
    private let reopen: @Sendable (any Journal, ManualClock) async throws -> any Journal

    /// A suite: how a fresh journal is made, and how the next process opens one whose process died.
    package init(
        open: @escaping @Sendable (ManualClock) async throws -> any Journal,
        reopen: @escaping @Sendable (any Journal, ManualClock) async throws -> any Journal
    ) { (self.open, self.reopen) = (open, reopen) }

    /// Every promise.
    package static var cases: [Case] {
        acceptance + repeats + planning + order + pressure + settlement + recovery + reports + commands + questions + bodies + keeping + erasure
    }

    /// Proves one promise.
    package func run(_ one: Case) async throws {
        let clock = ManualClock()
        let journal = try await open(clock)
        let harness = Harness(journal: journal, lease: try await journal.lease(), clock: clock, reopen: reopen)
        do {
            try await one.body(harness)
        } catch {
            await journal.close()
            throw error
        }
        await harness.journal.close()
    }
}
