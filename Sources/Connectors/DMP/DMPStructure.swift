import Clinical
import France
import Pipeline
import Synchronization
import Trust
import Wire

/// What one facility sends with: its client certificate, its seal, its connections. Read when first used.
final class DMPStructure: Sendable {
    let facility: Facility
    let seal: Identity
    let lps: LPSIdentity
    private let client: HTTPClient

    /// - Throws: why the facility cannot send, which halts it.
    init(_ facility: Facility, _ settings: DMPSettings, _ scope: Scope) throws(Reason) {
        self.facility = facility
        seal = try DMPStructure.seal(facility, settings, scope)
        let software = scope.node.software
        let number: [UInt8] = if let secret = software.homologation { try scope.secrets.read(secret) } else { [] }
        lps = LPSIdentity(
            name: software.name, version: software.version, instance: software.instanceID,
            homologation: String(decoding: number, as: UTF8.self).filter { !$0.isWhitespace })
        let (chain, key) = try DMPStructure.identity(settings.authentication, facility, scope)
        client = try DMPStructure.client(settings, scope, TLSIdentity(chain: chain, key: key))
    }

    /// Sends one SOAP request and waits, on the calling thread.
    func post(_ url: String, contentType: String, _ pieces: [[UInt8]]) -> DMPExchange {
        let headers = [("Content-Type", contentType), ("User-Agent", "\(lps.name)/\(lps.version)")]
        // A refused certificate is then known before a large body leaves.
        let request = HTTPRequest(.post, url, headers: headers, body: pieces.map { .bytes($0) }, continueWait: .milliseconds(500))
        switch client.perform(request) {
        case .answered(let response):
            return .answered(
                status: response.status, contentType: response.header("Content-Type"), body: response.body,
                serverTime: response.header("Date").flatMap(HTTPDate.seconds))
        case .nothingSent(let failure): return .nothingSent(failure.description, ourSetup: failure.isOurSetup)
        case .unanswered(let failure): return .unanswered(failure.description)
        }
    }

    private static func identity(_ name: String, _ facility: Facility, _ scope: Scope) throws(Reason) -> (chain: [UInt8], key: [UInt8]) {
        guard let reference = facility.identities[name] else { throw DMPReasons.noIdentity(name) }
        return (try scope.secrets.read(reference.certificate), try scope.secrets.read(reference.key))
    }

    /// The seal must be one: signing with the client certificate would be refused by the DMP for every document.
    private static func seal(_ facility: Facility, _ settings: DMPSettings, _ scope: Scope) throws(Reason) -> Identity {
        let (chain, key) = try identity(settings.seal, facility, scope)
        let seal: Identity
        do { seal = try Identity(certificatePEM: chain, keyPEM: key) } catch { throw DMPReasons.badIdentity(settings.seal, "\(error)") }
        guard seal.key.isRSA else { throw DMPReasons.wrongSeal("une clé RSA est attendue", "an RSA key is expected") }
        let usage = seal.certificate.extendedKeyUsage
        if usage == [Certificate.clientAuth] {
            throw DMPReasons.wrongSeal("c'est un certificat client (AUTH_CLI)", "it is a client certificate (AUTH_CLI)")
        }
        guard seal.certificate.keyUsage.isEmpty || seal.certificate.keyUsage.contains(.nonRepudiation) else {
            throw DMPReasons.wrongSeal("il n'a pas l'usage nonRepudiation", "it lacks the usage nonRepudiation")
        }
        return seal
    }

    private static func client(_ settings: DMPSettings, _ scope: Scope, _ identity: TLSIdentity) throws(Reason) -> HTTPClient {
        var anchors: [UInt8] = []
        var lists: [UInt8] = []
        for path in settings.trust?.authorities ?? [] { anchors += try scope.secrets.read(.file(path)) }
        for path in settings.trust?.revocationLists ?? [] { lists += try scope.secrets.read(.file(path)) }
        do throws(WireFailure) {
            let policy = try TLSPolicy(anchors: anchors, revocationLists: lists.isEmpty ? nil : lists, identity: identity)
            return HTTPClient(tls: policy, limits: HTTPClient.Limits(connect: settings.connect, total: settings.total), proxy: settings.proxy)
        } catch {
            throw DMPReasons.badIdentity(settings.authentication, error.description)
        }
    }
}

/// Dates of HTTP headers (RFC 9110 §5.6.7, the fixed form).
enum HTTPDate {
    /// Seconds since 1970 of `Sat, 21 Nov 2026 11:35:00 GMT`.
    static func seconds(_ text: String) -> Int64? {
        let words = text.split(whereSeparator: { $0 == " " || $0 == ":" })
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 8, let day = Int(words[1]), let month = months.firstIndex(of: String(words[2])), let year = Int(words[3]),
            let hour = Int(words[4]), let minute = Int(words[5]), let second = Int(words[6])
        else { return nil }
        // A far end may write any number there: the arithmetic below is for dates.
        guard (1970...9999).contains(year), (1...31).contains(day), (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        return Int64(((Civil.day(year, month + 1, day) * 24 + hour) * 60 + minute) * 60 + second)
    }
}
