import ArgumentParser
import FoundationEssentials
import HL7v2
import NIOCore

/// `passerelle send FILE --to HOST:PORT`
struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: Say.text(fr: "Envoie des messages HL7 par MLLP et montre les réponses.", en: "Sends HL7 messages by MLLP and shows the answers."),
        discussion: Say.text(
            fr: "Code de sortie : 0 si tout est AA, 1 si une réponse est AE ou AR, 2 si un fichier est illisible ou si personne ne répond.",
            en: "Exit code: 0 when every answer is AA, 1 when one is AE or AR, 2 when a file cannot be read or nobody answers."))

    @Argument(help: help(fr: "Fichiers HL7 ; un fichier peut tenir plusieurs messages.", en: "HL7 files; a file may hold several messages."))
    var files: [String]
    @Option(help: help(fr: "Hôte et port.", en: "Host and port.")) var to: HostPort
    @Option(help: help(fr: "Envoie chaque message N fois, sous de nouveaux MSH-10.", en: "Sends each message N times, under fresh control ids."))
    var count = 1
    @Option(help: help(fr: "Secondes d'attente d'une réponse.", en: "Seconds to wait for an answer.")) var patience = 30
    @Flag(help: help(fr: "Chiffre la connexion.", en: "Encrypts the connection.")) var tls = false
    @Option(help: help(fr: "Autorités du serveur (PEM).", en: "Authorities of the server (PEM).")) var ca: String?
    @Option(help: help(fr: "Certificat du client (PEM, chaîne).", en: "Client certificate (PEM, chain).")) var cert: String?
    @Option(help: help(fr: "Clé du client (PEM).", en: "Client key (PEM).")) var key: String?

    func validate() throws {
        guard count > 0 else { throw ValidationError(Say.text(fr: "--count attend un nombre positif.", en: "--count wants a positive number.")) }
    }

    func run() async throws {
        var messages: [[UInt8]] = []
        for path in files {
            guard let file = MessageFile(path: path), !file.messages.isEmpty else {
                Say.complain(fr: "\(path) : illisible ou vide", en: "\(path): unreadable or empty")
                throw ExitCode.cannotRead
            }
            messages += file.messages
        }
        let encryption = tls || ca != nil || cert != nil ? MLLPClient.TLS(authorities: ca, certificate: cert, key: key) : nil
        var refused = 0
        do {
            refused = try await MLLPClient.connected(host: to.host, port: to.port, tls: encryption, patience: .seconds(Int64(patience))) { exchange in
                try await send(messages, by: &exchange)
            }
        } catch {
            Self.explain(error, to)
            throw ExitCode.cannotRead
        }
        if refused > 0 { throw ExitCode.findings }
    }

    private func send(_ messages: [[UInt8]], by exchange: inout MLLPClient.Exchange) async throws -> Int {
        var refused = 0
        let stamp = String(UInt64(Date().timeIntervalSince1970 * 1000), radix: 36).uppercased()
        for (place, message) in messages.enumerated() {
            for copy in 0..<count {
                let bytes = count == 1 ? message : MessageFile.renamed(message, to: "\(stamp)-\(place)-\(copy)")
                let answer = try await exchange.send(bytes)
                Say.raw(Self.shown(answer))
                let acknowledgement = try? HL7Message(answer)
                if acknowledgement?.value("MSA-1") != "AA" { refused += 1 }
            }
        }
        return refused
    }

    /// The answer as people read it: a segment a line, in UTF-8.
    private static func shown(_ answer: [UInt8]) -> String {
        let utf8 = (try? HL7Message(answer)).flatMap { try? $0.transcoded(to: .utf8).bytes } ?? answer
        let lines = utf8.split(whereSeparator: { $0 == 0x0D || $0 == 0x0A }).map { String(decoding: $0, as: UTF8.self) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func explain(_ error: any Error, _ to: HostPort) {
        switch error as? MLLPClient.Failure {
        case .closed:
            Say.complain(fr: "\(to) a fermé la connexion sans répondre", en: "\(to) closed the connection without an answer")
        case .timedOut: Say.complain(fr: "\(to) n'a pas répondu à temps", en: "\(to) did not answer in time")
        case .notAFrame: Say.complain(fr: "\(to) ne répond pas en MLLP", en: "\(to) does not answer in MLLP")
        case nil: Say.complain(fr: "\(to) est injoignable : \(Failure.words(error))", en: "\(to) cannot be reached: \(Failure.words(error))")
        }
    }
}

/// `host:port`, or `[address]:port`.
struct HostPort: ExpressibleByArgument, CustomStringConvertible, Sendable {
    let host: String, port: Int

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = Int(argument[argument.index(after: colon)...]), (1...65535).contains(port) else { return nil }
        var host = argument[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        (self.host, self.port) = (String(host), port)
    }

    var description: String { "\(host):\(port)" }
}
