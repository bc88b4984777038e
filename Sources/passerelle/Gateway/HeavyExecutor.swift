import Connectors
import Glibc

/// Where documents are decoded, signed and zipped: as many threads as cores, nothing that waits.
final class HeavyExecutor: TaskExecutor {
    private let threads: WorkerThreads

    /// An executor with a thread a core.
    init() { threads = WorkerThreads(limit: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        threads.put { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
