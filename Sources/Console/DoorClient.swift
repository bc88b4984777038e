import FoundationEssentials
package import NIOCore
import NIOPosix
import NIOHTTP1
package import Pipeline

/// The other side of the door, for the command line and for tests.
package struct DoorClient: Sendable {
    private enum Way: Sendable {
        case socket(String, any EventLoopGroup)
        case desk(DoorDesk)
    }
    private let way: Way

    /// A client of the door at `path`.
    package init(path: String, group: any EventLoopGroup) { way = .socket(path, group) }
    /// A client of a desk in this process, where no gateway runs.
    package init(desk: DoorDesk) { way = .desk(desk) }

    /// The state of the gateway.
    package func health() async throws -> EngineHealth { try await ask("GET", "/health", also: [503]) }

    /// A page of the queue; no state named: all that are open.
    package func queue(states: [String] = [], destination: String? = nil, after: DeliveryID = 0, limit: Int = 100, reveal: Bool = false) async throws
        -> QueueView
    {
        var query = ["state=" + states.joined(separator: ","), "after=\(after)", "limit=\(limit)"]
        if let destination { query.append("destination=" + Percent.encode(destination)) }
        if reveal { query.append("reveal=yes") }
        return try await ask("GET", "/queue?" + query.joined(separator: "&"))
    }

    /// One delivery.
    package func delivery(_ id: DeliveryID, reveal: Bool = false) async throws -> DeliveryView {
        try await ask("GET", "/delivery/\(id)" + (reveal ? "?reveal=yes" : ""))
    }

    /// Messages by id, or by the sender's control id.
    package func messages(_ name: String, reveal: Bool = false) async throws -> [MessageView] {
        let found: MessagesView = try await ask("GET", "/message/" + Percent.encode(name) + (reveal ? "?reveal=yes" : ""))
        return found.messages
    }

    /// A command: `retry`, `hold`, `release`, `discard`.
    package func command(_ word: String, on id: DeliveryID, _ body: CommandBody) async throws -> DeliveryView {
        try await ask("POST", "/delivery/\(id)/\(word)", body)
    }

    /// Ends the rest of a halted scope.
    package func resume(_ scope: String, _ body: CommandBody) async throws -> EngineHealth {
        try await ask("POST", "/scope/" + Percent.encode(scope) + "/resume", body, also: [503])
    }

    /// Erases one patient's data.
    package func erase(_ body: EraseBody) async throws -> ErasureReport { try await ask("POST", "/erase", body) }

    /// The audit of the gateway itself, oldest first.
    package func audit() async throws -> [AuditView] { try await ask("GET", "/audit") }

    /// Makes the gateway read its configuration again.
    package func reload(_ body: CommandBody) async throws -> ReloadView { try await ask("POST", "/reload", body, also: [422]) }

    private func ask<T: Decodable>(_ method: String, _ uri: String, _ body: (any Encodable)? = nil, also: Set<Int> = []) async throws -> T {
        let sent = try body.map { try Array(JSONEncoder().encode($0)) } ?? []
        let (status, json) = try await exchange(method, uri, sent)
        if status == 200 || also.contains(status) { return try JSONDecoder().decode(T.self, from: Data(json)) }
        throw DoorAnswerError(status: status, reason: try? JSONDecoder().decode(RefusalView.self, from: Data(json)).error)
    }

    /// One request and its answer, as bytes.
    package func exchange(_ method: String, _ uri: String, _ body: [UInt8] = []) async throws -> (status: Int, json: [UInt8]) {
        switch way {
        case .desk(let desk): await desk.answer(method: method, uri: uri, body: body)
        case .socket(let path, let group): try await exchange(method, uri, body, path, group)
        }
    }

    private func exchange(_ method: String, _ uri: String, _ body: [UInt8], _ path: String, _ group: any EventLoopGroup) async throws -> (
        status: Int, json: [UInt8]
    ) {
        let channel = try await ClientBootstrap(group: group).connect(unixDomainSocketPath: path) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(wrappingChannelSynchronously: channel)
            }
        }
        return try await channel.executeThenClose { inbound, outbound in
            let headers = HTTPHeaders([("Host", "passerelle"), ("Content-Length", "\(body.count)")])
            // In one write: the door answers and closes as soon as the request is complete, which is before a late empty end.
            let head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: uri, headers: headers)
            let content: [HTTPClientRequestPart] = body.isEmpty ? [] : [.body(.byteBuffer(ByteBuffer(bytes: body)))]
            try await outbound.write(contentsOf: [.head(head)] + content + [.end(nil)])
            var status = 0
            var json: [UInt8] = []
            for try await part in inbound {
                switch part {
                case .head(let head): status = Int(head.status.code)
                case .body(let bytes): json.append(contentsOf: bytes.readableBytesView)
                case .end: return (status, json)
                }
            }
            throw DoorAnswerError(status: 0, reason: nil)
        }
    }
}

/// The door said no.
package struct DoorAnswerError: Error, Sendable {
    /// The HTTP status; 0 when the connection closed without an answer.
    package let status: Int
    /// Why.
    package let reason: ReasonView?
}
