import Logging
import Pipeline
import ServiceLifecycle
import Synchronization

/// Runs the listeners, which come and go with the configuration. It opens once the engine has recovered; a listener that fails ends the gateway.
final class ListenerHouse: Service {
    /// A listener that serves or will, and how its end is heard.
    private final class Tenant: Sendable {
        let service: ServiceGroup
        let ended: AsyncStream<Void>, end: AsyncStream<Void>.Continuation
        /// Told to go: if it does not serve yet, it never will.
        let leaves = Atomic(false)

        init(_ listener: any Listener, logger: Logger) {
            (ended, end) = AsyncStream.makeStream(of: Void.self)
            service = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: [
                        .init(service: listener, successTerminationBehavior: .gracefullyShutdownGroup, failureTerminationBehavior: .gracefullyShutdownGroup)
                    ], logger: logger))
        }

        func leave() async {
            leaves.store(true, ordering: .sequentiallyConsistent)
            await service.triggerGracefulShutdown()
        }
    }
    private struct Entry: Sendable {
        let name: String, tenant: Tenant
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
        for (name, listener) in listeners.sorted(by: { $0.key < $1.key }) { admit(name, listener, after: []) }
    }

    /// Known from now on, also while it waits for a former one: the next exchange must find it.
    private func admit(_ name: String, _ listener: any Listener, after former: [AsyncStream<Void>]) {
        let tenant = Tenant(listener, logger: logger)
        tenants.withLock { $0[name] = tenant }
        door.yield(Entry(name: name, tenant: tenant, after: former))
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
        defer { entry.tenant.end.finish() }
        for former in entry.after { for await _ in former {} }
        guard !Task.isShuttingDownGracefully, !entry.tenant.leaves.load(ordering: .sequentiallyConsistent) else { return }
        do {
            try await entry.tenant.service.run()
        } catch { throw GatewayError.listener(entry.name, Failure.words(error)) }
    }

    /// Ends the listeners of some names, and starts others: at once where they may serve beside a former one, else after it.
    func exchange(ending names: Set<String>, starting listeners: [String: any Listener]) async {
        let leaving = tenants.withLock { tenants in names.compactMap { tenants.removeValue(forKey: $0) } }
        for (name, listener) in listeners.sorted(by: { $0.key < $1.key }) {
            admit(name, listener, after: listener.overlaps ? [] : leaving.map(\.ended))
        }
        for tenant in leaving { await tenant.leave() }
    }
}
