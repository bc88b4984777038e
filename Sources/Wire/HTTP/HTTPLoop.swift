import CCurl
import Glibc

/// The thread of an `HTTPPool`: libcurl's multi interface, driven by epoll. Confined to that thread.
final class HTTPLoop {
    private let inbox: HTTPPool.Inbox
    private let multi: UnsafeMutableRawPointer
    private let poll: Int32
    private var free: [HTTPSlot] = []
    private var busy: [UnsafeMutableRawPointer: (slot: HTTPSlot, job: HTTPPool.Job)] = [:]
    private var waiting: [HTTPPool.Job] = []
    /// Sockets whose events libcurl wants now: those that epoll watches, beside the inbox.
    private var watched: Set<Int32> = []
    /// When libcurl wants to be called without an event (CLOCK_MONOTONIC, nanoseconds).
    private var timer: UInt64?

    /// Runs until the pool is gone.
    static func run(_ inbox: HTTPPool.Inbox) {
        do throws(WireFailure) { try HTTPLoop(inbox).run() } catch { inbox.ended(error) }
    }

    private init(_ inbox: HTTPPool.Inbox) throws(WireFailure) {
        self.inbox = inbox
        poll = pcurl_poll_make()
        // Nothing could wake a thread that does not hear its inbox.
        guard inbox.event >= 0, poll >= 0, pcurl_poll_change(poll, EPOLL_CTL_ADD, inbox.event, UInt32(EPOLLIN.rawValue)) == 0,
            EasyHandle.isLibraryStarted, let multi = curl_multi_init()
        else {
            if poll >= 0 { close(poll) }
            throw WireFailure(.noResources, "no descriptor for the connections (errno \(errno))")
        }
        self.multi = multi
        pcurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, inbox.terms.connections)
    }

    /// The last thing the thread does: what ends calls back into this object.
    private func shutDown() {
        for one in busy.values { curl_multi_remove_handle(multi, one.slot.handle.pointer) }
        busy = [:]
        free = []
        curl_multi_cleanup(multi)
        close(poll)
    }

    private func run() throws(WireFailure) {
        // libcurl keeps this pointer; it is used only inside calls made below, while `self` lives.
        let me = Unmanaged.passUnretained(self).toOpaque()
        pcurl_multi_set_socket(multi, Self.wants)
        pcurl_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, me)
        pcurl_multi_set_timer(multi, Self.asks)
        pcurl_multi_set_pointer(multi, CURLMOPT_TIMERDATA, me)
        defer { shutDown() }
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let (jobs, isClosed) = inbox.take()
            waiting += jobs
            if isClosed, busy.isEmpty, waiting.isEmpty { return }
            startWaiting()
            var running: Int32 = 0
            if let timer, timer <= Self.now {
                self.timer = nil
                curl_multi_socket_action(multi, -1, 0, &running)  // CURL_SOCKET_TIMEOUT
                if self.timer == nil { askAgain() }
            }
            if harvest() { continue }
            let count = epoll_wait(poll, &events, 64, pause)
            for event in events.prefix(max(0, Int(count))) { serve(event, &running) }
            _ = harvest()
        }
    }

    /// libcurl tells of its timer only when that changes: one that we met a moment too early must be asked for.
    private func askAgain() {
        var milliseconds = -1
        guard curl_multi_timeout(multi, &milliseconds) == CURLM_OK, milliseconds >= 0 else { return }
        timer = Self.now + UInt64(max(1, milliseconds)) * 1_000_000
    }

    /// Milliseconds until libcurl's timer, rounded up; -1: none.
    private var pause: Int32 {
        guard let timer else { return -1 }
        let now = Self.now
        return timer <= now ? 0 : Int32(clamping: (timer - now + 999_999) / 1_000_000)
    }

    private func serve(_ event: epoll_event, _ running: inout Int32) {
        let socket = event.data.fd
        if socket == inbox.event {
            var count: UInt64 = 0
            _ = read(socket, &count, 8)
            return
        }
        var mask: Int32 = 0
        if event.events & UInt32(EPOLLIN.rawValue) != 0 { mask |= CURL_CSELECT_IN }
        if event.events & UInt32(EPOLLOUT.rawValue) != 0 { mask |= CURL_CSELECT_OUT }
        if event.events & UInt32(EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
        curl_multi_socket_action(multi, socket, mask, &running)
    }

    // MARK: - Requests

    private func startWaiting() {
        var first = 0
        while first < waiting.count, busy.count < inbox.terms.connections {
            let job = waiting[first]
            first += 1
            do throws(WireFailure) {
                let slot = if let kept = free.popLast() { kept } else { try HTTPSlot(inbox.terms) }
                try slot.load(job.request)
                guard curl_multi_add_handle(multi, slot.handle.pointer) == CURLM_OK else {
                    throw WireFailure(.requestInvalid, "libcurl does not take the request")
                }
                busy[slot.handle.pointer] = (slot, job)
            } catch {
                job.done(.nothingSent(error))
            }
        }
        waiting.removeFirst(first)
    }

    /// Tells what ended; true if anything did.
    private func harvest() -> Bool {
        var any = false
        var code = CURLE_OK
        while let pointer = pcurl_multi_ended(multi, &code) {
            curl_multi_remove_handle(multi, pointer)
            guard let (slot, job) = busy.removeValue(forKey: pointer) else { continue }
            let outcome = slot.outcome(code)
            free.append(slot)
            any = true
            job.done(outcome)
        }
        return any
    }

    // MARK: - What libcurl asks for

    /// A socket that libcurl lets go is forgotten at once: it closes those on which it waits for a name without another word, and the next
    /// socket has their number.
    private func want(_ socket: Int32, _ what: Int32) {
        guard what != CURL_POLL_REMOVE else {
            if watched.remove(socket) != nil { _ = pcurl_poll_change(poll, EPOLL_CTL_DEL, socket, 0) }
            return
        }
        let events = UInt32((what & CURL_POLL_IN != 0 ? EPOLLIN.rawValue : 0) | (what & CURL_POLL_OUT != 0 ? EPOLLOUT.rawValue : 0))
        // libcurl speaks when something changes: what it says is done, whatever is known of that number.
        if !watched.insert(socket).inserted, pcurl_poll_change(poll, EPOLL_CTL_MOD, socket, events) == 0 { return }
        if pcurl_poll_change(poll, EPOLL_CTL_ADD, socket, events) != 0 { _ = pcurl_poll_change(poll, EPOLL_CTL_MOD, socket, events) }
    }

    private static func me(_ pointer: UnsafeMutableRawPointer?) -> HTTPLoop? {
        pointer.map { Unmanaged<HTTPLoop>.fromOpaque($0).takeUnretainedValue() }
    }

    private static let wants: pcurl_socket_callback = { _, socket, what, pointer, _ in
        me(pointer)?.want(socket, what)
        return 0
    }

    private static let asks: pcurl_timer_callback = { _, milliseconds, pointer in
        me(pointer)?.timer = milliseconds < 0 ? nil : now + UInt64(milliseconds) * 1_000_000
        return 0
    }

    private static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// One libcurl handle of a pool, set up once: a request changes what is its own and nothing else.
final class HTTPSlot {
    let handle: EasyHandle
    private let transfer: Transfer
    private var url = ""
    private var method: HTTPRequest.Method?

    init(_ terms: HTTPPool.Terms) throws(WireFailure) {
        handle = try EasyHandle()
        transfer = Transfer(answerLimit: terms.limits.answerBytes)
        try handle.reset()
        try terms.limits.apply(to: handle, tls: terms.tls, proxy: terms.proxy)
        try transfer.attachCallbacks(to: handle)
    }

    func load(_ request: HTTPRequest) throws(WireFailure) {
        if request.url != url || request.method != method || request.continueWait != nil {
            try request.apply(to: handle)
            (url, method) = (request.url, request.continueWait == nil ? request.method : nil)
        } else if request.method != .get {
            try handle.set(CURLOPT_POSTFIELDSIZE_LARGE, offset: request.body.byteCount)
        }
        try transfer.load(request)
        try transfer.attachHeaders(to: handle)
        if request.method != .get { try transfer.attachBody(request, to: handle) }
        handle.forgetError()
    }

    func outcome(_ code: CURLcode) -> HTTPOutcome { transfer.outcome(code == CURLE_OK ? nil : handle.failure(code), handle) }
}
