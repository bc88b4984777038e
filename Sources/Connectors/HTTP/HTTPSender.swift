package import Pipeline
import Synchronization
import Trust
import Wire

/// `http`: sends a message's bytes in a request, one delivery one request, and reads what the far end made of it from the status.
package struct HTTPSender: Sender {
    package static let spec = Spec(
        "http", Text(fr: "envoie les octets du message par HTTP", en: "sends the bytes of a message over HTTP"), HTTPSettings.fields)

    private let name: String
    private let settings: HTTPSettings
    private let services: Scope
    private let lines = Lines()
    package var concurrency: Int { settings.connections }
    package var rate: Double? { settings.rate }
    package var afterUnknown: AfterUnknown { settings.afterUnknown }
    package var sendsRewritten: Bool { settings.afterUnknown == .sendAgain }

    /// Connections by client certificate: by facility where that is the facility's own, else one for all (""). Read when first used; a
    /// reload makes a new sender.
    private final class Lines: Sendable {
        let known = Mutex<[String: HTTPLine]>([:])
    }

    package init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {
        name = scope.name
        settings = try HTTPSettings(fields, scope)
        services = scope
    }

    /// Asks for the address: any answer shows that it is there.
    package func probe() async -> Reason? {
        let facilities =
            settings.identity == nil ? [""] : services.facilities.values.filter { $0.identities[settings.identity ?? ""] != nil }.map(\.name).sorted()
        for facility in facilities {
            switch await line(facility) {
            case .failure(let reason): return reason
            case .success(let line):
                guard case .nothingSent(let failure) = await line.pool.perform(HTTPRequest(.get, settings.url)) else { continue }
                return Reasons.farEndAway(detail: failure.description)
            }
        }
        return nil
    }

    package func deliver(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome {
        let bytes: [UInt8]
        do throws(JournalError) { bytes = try await attempt.bytes() } catch { return error.outcome }
        let scope = scope(delivery)
        let line: HTTPLine
        switch await self.line(delivery.facility) {
        case .failure(let reason): return .halted(scope: scope, reason)
        case .success(let known): line = known
        }
        // Where it may be sent again by itself, bytes that a route rewrote must stay the same.
        if settings.afterUnknown == .sendAgain, let other = await SameBytes.keep(bytes, delivery, attempt, services.engine.digester) { return other }
        var headers = line.headers
        headers.append(("Content-Type", settings.contentType ?? HTTPSender.contentType(delivery.message.envelope.format)))
        headers.append(("Idempotency-Key", delivery.key.base32()))
        let request = HTTPRequest(settings.method, settings.url, headers: headers, body: [.bytes(bytes)])
        switch await line.pool.perform(request) {
        case .answered(let response): return HTTPVerdict.outcome(response, scope: scope, now: attempt.time, services.engine.digester)
        case .nothingSent(let failure):
            guard failure.needsAPerson else { return .deferred(Reasons.farEndAway(detail: failure.description)) }
            return .halted(scope: scope, HTTPReasons.setup(failure.description))
        case .unanswered(let failure): return .unknown(HTTPReasons.unanswered(failure.description))
        }
    }

    /// A refused certificate of a facility concerns that facility alone.
    package func scope(_ delivery: Delivery) -> String { settings.identity == nil ? delivery.sender : delivery.sender + "/" + delivery.facility }

    /// HL7 over HTTP, RFC 822 mail; what else there is, as bytes.
    private static func contentType(_ format: String) -> String {
        switch format {
        case "hl7v2": "application/hl7-v2"
        case "mail": "message/rfc822"
        default: "application/octet-stream"
        }
    }

    private func line(_ facility: String) async -> Result<HTTPLine, Reason> {
        let owner = settings.identity == nil ? "" : facility
        if let known = lines.known.withLock({ $0[owner] }) { return .success(known) }
        return await services.engine.io.run(name) { [self] in
            lines.known.withLock { known in
                if let line = known[owner] { return .success(line) }
                do throws(Reason) {
                    let line = try HTTPLine(settings, owner, services)
                    known[owner] = line
                    return .success(line)
                } catch { return .failure(error) }
            }
        }
    }
}

/// Connections that share a client certificate, and the headers that every request carries.
final class HTTPLine: Sendable {
    let pool: HTTPPool
    let headers: [(name: String, value: String)]

    /// Blocking: on an I/O thread.
    init(_ settings: HTTPSettings, _ facility: String, _ scope: Scope) throws(Reason) {
        var headers = settings.headers
        if let secret = settings.authorization {
            let value = String(decoding: try scope.secrets.read(secret), as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            headers.append(("Authorization", value))
        }
        self.headers = headers
        let tls = settings.isTLS ? try HTTPLine.policy(settings, facility, scope) : nil
        pool = HTTPPool(tls: tls, limits: settings.limits, connections: settings.connections, proxy: settings.proxy)
    }

    private static func policy(_ settings: HTTPSettings, _ facility: String, _ scope: Scope) throws(Reason) -> TLSPolicy {
        var anchors: [UInt8] = []
        var lists: [UInt8] = []
        for path in settings.trust?.authorities ?? [] { anchors += try scope.secrets.read(.file(path)) }
        for path in settings.trust?.revocationLists ?? [] { lists += try scope.secrets.read(.file(path)) }
        var identity: TLSIdentity?
        if let name = settings.identity {
            guard let reference = (scope.facilities[facility] ?? scope.facility)?.identities[name] else { throw HTTPReasons.noIdentity(name) }
            identity = TLSIdentity(chain: try scope.secrets.read(reference.certificate), key: try scope.secrets.read(reference.key))
        } else if let certificate = settings.certificate, let key = settings.key {
            identity = TLSIdentity(chain: try scope.secrets.read(certificate), key: try scope.secrets.read(key))
        }
        do throws(WireFailure) {
            return try TLSPolicy(anchors: anchors, revocationLists: lists.isEmpty ? nil : lists, identity: identity)
        } catch {
            throw HTTPReasons.setup(error.description)
        }
    }
}
