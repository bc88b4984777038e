import Logging
import Pipeline
import ServiceLifecycle
import Synchronization

/// Runs the listeners, which come and go with the configuration. It opens once the engine has recovered; a listener that fails ends the gateway.
final class ListenerHouse: Service {
    /// A listener that serves, and how its end is heard.
    private struct Tenant: Sendable {
        let service: ServiceGroup
        let ended: AsyncStream<Void>
    }
    private struct Entry: Sendable {
        let name: String, listener: any Listener
        /// Former listeners that must have ended before.
        let after: [AsyncStream<Void>]
    }
    private let engine: Engine
    private let logger: Logger
    private let entries: AsyncStream<Entry>
    private let door: AsyncStream<Entry>.Continuation
    private let tenants = Mutex<[String: Tenant]>([:])

    init(engine: Engine, logger: Logger, _ listeners: [String: any Listener]) {
        (self.engine, self.logger) = (engine, logger)
        (entries, door) = AsyncStream.makeStream(of: Entry.self)
        for (name, listener) in listeners.sorted(by: { $0.key < $1.key }) { door.yield(Entry(name: name, listener: listener, after: [])) }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [engine] in
            while !engine.isReady, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(10)) }
        }
        guard engine.isReady, !Task.isShuttingDownGracefully else { return }
        try await withGracefulShutdownHandler {
            try await withThrowingDiscardingTaskGroup { group in
                for await entry in entries {
                    group.addTask { [self] in
                        do { try await serve(entry) } catch {
                            door.finish()  // a failure in the group does not end the wait for further listeners
                            throw error
                        }
                    }
                }
            }
        } onGracefulShutdown: { [door] in
            door.finish()
        }
    }

    private func serve(_ entry: Entry) async throws {
        for former in entry.after { for await _ in former {} }
        guard !Task.isShuttingDownGracefully else { return }
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        let service = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: entry.listener, successTerminationBehavior: .gracefullyShutdownGroup, failureTerminationBehavior: .gracefullyShutdownGroup)
                ], logger: logger))
        tenants.withLock { $0[entry.name] = Tenant(service: service, ended: ended) }
        defer { end.finish() }
        do {
            try await service.run()
        } catch { throw GatewayError.listener(entry.name, Failure.words(error)) }
    }

    /// Ends the listeners of some names, and starts others: at once where they may serve beside a former one, else after it.
    func exchange(ending names: Set<String>, starting listeners: [String: any Listener]) async {
        let leaving = tenants.withLock { tenants in names.compactMap { tenants.removeValue(forKey: $0) } }
        for (name, listener) in listeners.sorted(by: { $0.key < $1.key }) {
            door.yield(Entry(name: name, listener: listener, after: listener.overlaps ? [] : leaving.map(\.ended)))
        }
        for tenant in leaving { await tenant.service.triggerGracefulShutdown() }
    }
}
