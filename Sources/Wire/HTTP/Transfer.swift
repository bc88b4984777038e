import CCurl

/// The state of one exchange while libcurl runs it. Confined to the thread that performs it.
final class Transfer {
    private var reader: BodyReader
    private var readFailure: WireFailure?
    private var requestHeaders: UnsafeMutablePointer<curl_slist>?
    private var body: [UInt8] = []
    private var headers: [(name: String, value: String)] = []
    private let answerLimit: Int
    private var tooLarge = false

    init(_ request: HTTPRequest, answerLimit: Int) throws(WireFailure) {
        reader = BodyReader(request.body)
        self.answerLimit = answerLimit
        var lines = request.headers
        if request.method != .get { lines.append(("Expect", request.continueWait == nil ? "" : "100-continue")) }
        for (name, value) in lines {
            let line = value.isEmpty ? "\(name):" : "\(name): \(value)"
            guard !name.isEmpty, !line.utf8.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }) else {
                curl_slist_free_all(requestHeaders)
                throw WireFailure(.requestInvalid, "a line end or zero byte in the header \(name.filter { $0.isASCII && ($0.isLetter || $0 == "-") })")
            }
            requestHeaders = curl_slist_append(requestHeaders, line)
        }
    }

    deinit { curl_slist_free_all(requestHeaders) }

    /// libcurl keeps an unretained pointer to this object: its caller holds it until the exchange is over.
    func attach(to handle: EasyHandle) throws(WireFailure) {
        let me = Unmanaged.passUnretained(self).toOpaque()
        let h = handle.pointer
        let results = [
            pcurl_set_list(h, CURLOPT_HTTPHEADER, requestHeaders),
            pcurl_set_callback(h, CURLOPT_READFUNCTION, Self.read), pcurl_set_pointer(h, CURLOPT_READDATA, me),
            pcurl_set_callback(h, CURLOPT_WRITEFUNCTION, Self.write), pcurl_set_pointer(h, CURLOPT_WRITEDATA, me),
            pcurl_set_callback(h, CURLOPT_HEADERFUNCTION, Self.header), pcurl_set_pointer(h, CURLOPT_HEADERDATA, me),
            pcurl_set_seek(h, Self.seek), pcurl_set_pointer(h, CURLOPT_SEEKDATA, me),
        ]
        guard results.allSatisfy({ $0 == CURLE_OK }) else { throw WireFailure(.requestInvalid, "libcurl does not take a callback") }
    }

    func outcome(_ failure: WireFailure?, _ handle: EasyHandle) -> HTTPOutcome {
        if tooLarge { return .unanswered(WireFailure(.answerTooLarge, "the answer is larger than \(answerLimit) bytes")) }
        guard let failure = readFailure ?? failure else {
            return .answered(HTTPResponse(status: handle.info(CURLINFO_RESPONSE_CODE), headers: headers, body: body))
        }
        // TLS 1.3 tells of a refused client certificate after the handshake; the server never saw a request in that case.
        let left = handle.info(CURLINFO_REQUEST_SIZE) > 0 || reader.given > 0
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
        guard transfer.headers.count < 200 else {
            transfer.tooLarge = true
            return 0
        }
        let line = String(decoding: UnsafeRawBufferPointer(start: buffer, count: size * count), as: UTF8.self)
        if line.hasPrefix("HTTP/") { transfer.headers.removeAll() }  // the final answer after a "100 Continue"
        if let colon = line.firstIndex(of: ":") {
            transfer.headers.append((String(line[..<colon]), String(line[line.index(after: colon)...].trimmed)))
        }
        return size * count
    }
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
