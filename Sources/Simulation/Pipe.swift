import Glibc

/// A worker process and what it prints.
final class Pipe {
    private let end: Int32
    private var process: pid_t = 0
    private var rest: [UInt8] = []

    /// Starts this program with other arguments; nil if it cannot.
    init?(_ arguments: [String]) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        end = ends[0]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        var words: [UnsafeMutablePointer<CChar>?] = (["passerelle-simulate"] + arguments).map { strdup($0) } + [nil]
        let code = posix_spawn(&process, "/proc/self/exe", &actions, nil, &words, environ)
        for word in words { free(word) }
        posix_spawn_file_actions_destroy(&actions)
        close(ends[1])
        if code != 0 { return nil }
    }

    /// Reads lines of all of them as they come, until they end or `take` says no: then they are ended.
    static func readAll(_ all: [Pipe], _ take: (String) -> Bool) {
        var open = all
        while !open.isEmpty {
            var waiting = open.map { pollfd(fd: $0.end, events: Int16(POLLIN), revents: 0) }
            guard poll(&waiting, nfds_t(waiting.count), -1) >= 0 || errno == EINTR else { return }
            for (pipe, state) in zip(open, waiting) where state.revents != 0 {
                guard let lines = pipe.read() else {
                    open.removeAll { $0 === pipe }
                    continue
                }
                for line in lines where !take(line) {
                    for pipe in all { kill(pipe.process, SIGTERM) }
                    return
                }
            }
        }
    }

    /// Waits for all; true when each ended well.
    static func end(_ all: [Pipe]) -> Bool {
        var isClean = true
        for pipe in all {
            var status: Int32 = 0
            while waitpid(pipe.process, &status, 0) < 0, errno == EINTR {}
            close(pipe.end)
            isClean = isClean && status == 0
        }
        return isClean
    }

    private func read() -> [String]? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(end, &buffer, buffer.count)
        if count < 0, errno == EINTR { return [] }
        guard count > 0 else { return nil }
        rest += buffer.prefix(count)
        var lines: [String] = []
        while let at = rest.firstIndex(of: 0x0A) {
            lines.append(String(decoding: rest[..<at], as: UTF8.self))
            rest.removeSubrange(...at)
        }
        return lines
    }
}
