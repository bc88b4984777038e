import CCurl

/// The state of one exchange while libcurl runs it. Confined to the thread that performs it; may be loaded again for the next one.
final class Transfer {
    private var reader = BodyReader([])
    private var readFailure: WireFailure?
    private var requestHeaders: UnsafeMutablePointer<curl_slist>?
    private var body: [UInt8] = []
    /// The lines of the final answer before its body.
    private var head: [UInt8] = []
    private var lines = 0
    private let answerLimit: Int
    private var tooLarge = false
    /// A small body, laid out for libcurl to send in one piece with the head.
    private var small: UnsafeMutableRawBufferPointer?
    private var isSmall = false
    /// The request was begun on a connection.
    private var begun = false
    /// Bodies up to this size leave in one piece with their head.
    private static let smallLimit = 64 << 10

    init(answerLimit: Int) { self.answerLimit = answerLimit }

    convenience init(_ request: HTTPRequest, answerLimit: Int) throws(WireFailure) {
        self.init(answerLimit: answerLimit)
        try load(request)
    }

    deinit {
        curl_slist_free_all(requestHeaders)
        small?.deallocate()
    }

    /// Takes up a request; what was left of the one before is forgotten.
    func load(_ request: HTTPRequest) throws(WireFailure) {
        reader = BodyReader(request.body)
        (readFailure, tooLarge, isSmall, begun, lines) = (nil, false, false, false, 0)
        (body, head) = ([], [])
        curl_slist_free_all(requestHeaders)
        requestHeaders = nil
        for (name, value) in request.headers { try append(name, value) }
        if request.method != .get { try append("Expect", request.continueWait == nil ? "" : "100-continue") }
    }

    private func append(_ name: String, _ value: String) throws(WireFailure) {
        let line = value.isEmpty ? "\(name):" : "\(name): \(value)"
        guard !name.isEmpty, !line.utf8.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }) else {
            throw WireFailure(.requestInvalid, "a line end or zero byte in the header \(name.filter { $0.isASCII && ($0.isLetter || $0 == "-") })")
        }
        requestHeaders = curl_slist_append(requestHeaders, line)
    }

    /// Everything that concerns this transfer. libcurl keeps an unretained pointer to this object: its caller holds it until the exchange is over.
    func attach(to handle: EasyHandle) throws(WireFailure) {
        try attachCallbacks(to: handle)
        try attachHeaders(to: handle)
    }

    /// What stays the same when the transfer is loaded again.
    func attachCallbacks(to handle: EasyHandle) throws(WireFailure) {
        let me = Unmanaged.passUnretained(self).toOpaque()
        let h = handle.pointer
        let results = [
            pcurl_set_callback(h, CURLOPT_READFUNCTION, Self.read), pcurl_set_pointer(h, CURLOPT_READDATA, me),
            pcurl_set_callback(h, CURLOPT_WRITEFUNCTION, Self.write), pcurl_set_pointer(h, CURLOPT_WRITEDATA, me),
            pcurl_set_callback(h, CURLOPT_HEADERFUNCTION, Self.header), pcurl_set_pointer(h, CURLOPT_HEADERDATA, me),
            pcurl_set_seek(h, Self.seek), pcurl_set_pointer(h, CURLOPT_SEEKDATA, me),
            pcurl_set_prereq(h, Self.begin), pcurl_set_pointer(h, CURLOPT_PREREQDATA, me),
        ]
        guard results.allSatisfy({ $0 == CURLE_OK }) else { throw WireFailure(.requestInvalid, "libcurl does not take a callback") }
    }

    /// What every request brings anew.
    func attachHeaders(to handle: EasyHandle) throws(WireFailure) {
        guard pcurl_set_list(handle.pointer, CURLOPT_HTTPHEADER, requestHeaders) == CURLE_OK else {
            throw WireFailure(.requestInvalid, "libcurl does not take the headers")
        }
    }

    /// Lets a small body in memory leave in one piece with its head: one call of the system less, and one packet.
    func attachBody(_ request: HTTPRequest, to handle: EasyHandle) throws(WireFailure) {
        let slice: ArraySlice<UInt8>? =
            switch request.body.count == 1 ? request.body[0] : nil {
            case .bytes(let bytes): bytes[...]
            case .slice(let slice): slice
            default: nil
            }
        guard let slice, !slice.isEmpty, slice.count <= Self.smallLimit, request.continueWait == nil else {
            return try handle.set(CURLOPT_POSTFIELDS, pointer: nil)
        }
        let buffer = small ?? .allocate(byteCount: Self.smallLimit, alignment: 16)
        small = buffer
        slice.withUnsafeBytes { buffer.copyMemory(from: $0) }
        isSmall = true
        try handle.set(CURLOPT_POSTFIELDS, pointer: buffer.baseAddress)
    }

    func outcome(_ failure: WireFailure?, _ handle: EasyHandle) -> HTTPOutcome {
        if tooLarge { return .unanswered(WireFailure(.answerTooLarge, "the answer is larger than \(answerLimit) bytes")) }
        guard let failure = readFailure ?? failure else {
            return .answered(HTTPResponse(status: handle.info(CURLINFO_RESPONSE_CODE), head: head, body: body))
        }
        // TLS 1.3 tells of a refused client certificate after the handshake; the server never saw a request in that case.
        let left = handle.info(CURLINFO_REQUEST_SIZE) > 0 || reader.given > 0 || isSmall && begun
        return left && failure.reason != .ownCertificateRefused ? .unanswered(failure) : .nothingSent(failure)
    }

    // MARK: - Callbacks

    private static func me(_ pointer: UnsafeMutableRawPointer?) -> Transfer? {
        pointer.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private static let read: pcurl_data_callback = { buffer, size, count, pointer in
        guard let transfer = me(pointer), let buffer else { return Int(CURL_READFUNC_ABORT) }
        do throws(WireFailure) {
            return try transfer.reader.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
        } catch {
            transfer.readFailure = error
            return Int(CURL_READFUNC_ABORT)
        }
    }

    /// libcurl wants to start the body again when a kept connection turns out dead. Once a byte was given out that would be a second
    /// sending, and only the caller may decide on one.
    private static let seek: pcurl_seek_callback = { pointer, _, _ in
        guard let transfer = me(pointer), transfer.reader.given == 0 else { return 1 }  // CURL_SEEKFUNC_FAIL
        return 0
    }

    /// The same for a small body, which libcurl would send again by itself: a request that was begun on one connection is not begun on another.
    private static let begin: pcurl_prereq_callback = { pointer, _, _, _, _ in
        guard let transfer = me(pointer), !(transfer.isSmall && transfer.begun) else { return CURL_PREREQFUNC_ABORT }
        transfer.begun = true
        return CURL_PREREQFUNC_OK
    }

    private static let write: pcurl_data_callback = { buffer, size, count, pointer in
        guard let transfer = me(pointer), let buffer else { return 0 }
        guard transfer.body.count + size * count <= transfer.answerLimit else {
            transfer.tooLarge = true
            return 0
        }
        transfer.body.append(contentsOf: UnsafeRawBufferPointer(start: buffer, count: size * count))
        return size * count
    }

    private static let header: pcurl_data_callback = { buffer, size, count, pointer in
        guard let transfer = me(pointer), let buffer else { return 0 }
        guard transfer.lines < 200, transfer.head.count < 256 << 10 else {
            transfer.tooLarge = true
            return 0
        }
        let line = UnsafeRawBufferPointer(start: buffer, count: size * count)
        if line.starts(with: statusStart) {  // the final answer after a "100 Continue"
            transfer.head.removeAll(keepingCapacity: true)
            transfer.lines = 0
        }
        transfer.lines += 1
        if transfer.head.isEmpty { transfer.head.reserveCapacity(512) }
        transfer.head.append(contentsOf: line)
        return size * count
    }

    private static let statusStart = Array("HTTP/".utf8)
}

extension StringProtocol {
    /// Without white space and line ends at both ends.
    var trimmed: SubSequence {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else {
            return self[startIndex..<startIndex]
        }
        return self[first...last]
    }
}
