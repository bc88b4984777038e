import FoundationEssentials
import Trust

/// The control port: orders failures, shows the state. Plain HTTP, loopback.
///
/// `POST /fault {"kind": "timeout-after-store", "count": 1, "seconds": 5, "code": "…", "action": "…"}` ·
/// `DELETE /fault` · `GET /state` · `GET /health`
struct ControlPort: Sendable {
    let dmp: DMPStandIn?

    /// What `GET /state` shows.
    private struct State: Codable {
        struct Entry: Codable {
            let uniqueId: String
            let entryUUID: String
            let patient: String
            let structure: String
            let status: String
            let sha256: String
        }
        let documents: [Entry]
        let faults: [OrderedFault]
    }

    func answer(_ exchange: HTTPExchange) -> HTTPReply {
        switch (exchange.method, exchange.path) {
        case ("GET", "/health"): return json(200, ["status": "ok"])
        case ("GET", "/state"):
            let entries = (dmp?.repository.all ?? []).map {
                State.Entry(uniqueId: $0.uniqueID, entryUUID: $0.entryUUID, patient: $0.patient, structure: $0.structure, status: $0.status, sha256: $0.hash)
            }
            return json(200, State(documents: entries, faults: dmp?.faults.all ?? []))
        case ("POST", "/fault"): return order(exchange.body)
        case ("DELETE", "/fault"):
            dmp?.faults.clear()
            return json(200, ["status": "ok"])
        default: return json(404, ["error": "GET /state, GET /health, POST /fault, DELETE /fault"])
        }
    }

    private func order(_ body: [UInt8]) -> HTTPReply {
        do {
            let fault = try JSONDecoder().decode(OrderedFault.self, from: Data(body))
            dmp?.faults.order(fault)
            return json(200, ["status": "ok"])
        } catch {
            let kinds = OrderedFault.Kind.allCases.map(\.rawValue).joined(separator: " ")
            return json(400, ["error": "kind is one of: \(kinds)"])
        }
    }

    private func json(_ status: Int, _ value: some Encodable) -> HTTPReply {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let body = (try? encoder.encode(value)).map { Array($0) } ?? []
        return .answer(status: status, contentType: "application/json", body: body, after: 0)
    }
}
