import CCurl
import Glibc
import Synchronization

/// HTTPS for one far end, many requests at a time on one thread of its own: connections are kept and used again, nobody waits on a thread.
/// The rules are those of `HTTPClient`: no redirect, no proxy but the given one, no request sent twice behind the caller's back.
package final class HTTPPool: Sendable {
    private let inbox: Inbox

    /// - Parameters:
    ///   - tls: whom we trust and who we are. nil allows `http://` only.
    ///   - connections: connections at a time; more requests wait for one.
    ///   - proxy: `http://host:port` of a proxy; nil: none, whatever the environment says.
    package init(tls: TLSPolicy?, limits: HTTPClient.Limits = .init(), connections: Int, proxy: String? = nil) {
        inbox = Inbox(terms: Terms(tls: tls, limits: limits, connections: max(1, connections), proxy: proxy))
    }

    /// What is under way is held by its callers: when the pool goes, nothing is, and its thread ends.
    deinit { inbox.close() }

    /// Sends a request; suspends until it is known what became of it.
    package func perform(_ request: HTTPRequest) async -> HTTPOutcome {
        await withCheckedContinuation { continuation in
            inbox.put(Job(request: request) { continuation.resume(returning: $0) })
        }
    }

    struct Terms: Sendable {
        let tls: TLSPolicy?, limits: HTTPClient.Limits, connections: Int, proxy: String?
    }

    struct Job: Sendable {
        let request: HTTPRequest
        let done: @Sendable (HTTPOutcome) -> Void
    }

    /// Hands requests to the thread, and wakes it.
    final class Inbox: Sendable {
        private struct State {
            var waiting: [Job] = []
            var isClosed = false
            var runs = false
            /// An event is on its way to the thread already.
            var isWoken = false
        }
        private let state = Mutex(State())
        let terms: Terms
        /// An eventfd; -1 where the system has none to give, which the first request tells.
        let event: Int32

        init(terms: Terms) {
            self.terms = terms
            event = pcurl_event_make()
        }

        deinit { if event >= 0 { Glibc.close(event) } }

        func put(_ job: Job) {
            let (starts, wakes) = state.withLock { state in
                state.waiting.append(job)
                defer { (state.runs, state.isWoken) = (true, true) }
                return (!state.runs, !state.isWoken)
            }
            if starts { start() } else if wakes { wake() }
        }

        /// What came since the last call, and whether no more will come.
        func take() -> (jobs: [Job], isClosed: Bool) {
            state.withLock { state in
                var jobs: [Job] = []
                swap(&jobs, &state.waiting)
                state.isWoken = false
                return (jobs, state.isClosed)
            }
        }

        func close() {
            state.withLock { $0.isClosed = true }
            wake()
        }

        private func wake() {
            var one: UInt64 = 1
            _ = write(event, &one, 8)
        }

        private func start() {
            var thread = pthread_t()
            let failed = pthread_create(
                &thread, nil,
                { argument in
                    if let argument { HTTPLoop.run(Unmanaged<Inbox>.fromOpaque(argument).takeRetainedValue()) }
                    return nil
                }, Unmanaged.passRetained(self).toOpaque())
            guard failed != 0 else {
                pthread_detach(thread)
                return
            }
            // No thread to be had now: these requests fail, the next one tries again.
            Unmanaged.passUnretained(self).release()
            state.withLock { $0.runs = false }
            for job in take().jobs { job.done(.nothingSent(WireFailure(.noResources, "no thread (errno \(failed))"))) }
        }

        /// The thread could not begin: a later request starts another.
        func ended(_ failure: WireFailure) {
            state.withLock { $0.runs = false }
            for job in take().jobs { job.done(.nothingSent(failure)) }
        }
    }
}
