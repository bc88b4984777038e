import Glibc
import Logging
import Pipeline
import ServiceLifecycle

/// Says when the process has no file descriptors left: new links wait unseen in the kernel then, and no line of theirs could tell.
struct DescriptorWatch: Service {
    let engine: Engine
    private static let beat = Duration.seconds(1)

    /// As many as the system's administrator allows: the soft limit is for programs that never need many.
    static func raiseLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    func run() async {
        await cancelWhenGracefulShutdown {
            var isTold = false
            while !Task.isCancelled {
                let isExhausted = Self.isExhausted
                if isExhausted, !isTold { engine.core.alert(Self.reason, delivery: nil) }
                if isTold, !isExhausted { engine.core.logger.notice("open files: there is room again") }
                isTold = isExhausted
                try? await Task.sleep(for: Self.beat)  // thrown on cancellation, which ends the loop
            }
        }
    }

    private static var isExhausted: Bool {
        let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
        if file < 0 { return errno == EMFILE || errno == ENFILE }
        close(file)
        return false
    }

    private static let reason = Reason(
        "P0580",
        Text(
            fr: "Plus de descripteurs de fichiers (open files) : les nouvelles connexions attendent",
            en: "No file descriptors left (open files): new links wait"))
}
