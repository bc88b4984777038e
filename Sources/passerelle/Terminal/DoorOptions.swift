import ArgumentParser
import Console
import FoundationEssentials
import NIOCore
import NIOPosix

/// How a command finds the gateway that runs.
struct DoorOptions: ParsableArguments {
    @Option(help: help(fr: "Socket de la passerelle en marche.", en: "Socket of the running gateway.")) var socket: String?
    @Option(
        help: help(
            fr: "Fichier du nœud, où lire cette socket.", en: "The node file that names the socket."))
    var config = "passerelle.yaml"

    /// Who commands: the person behind sudo, or the user.
    static var person: String {
        let environment = ProcessInfo.processInfo.environment
        return ["SUDO_USER", "USER", "LOGNAME"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? "console"
    }

    /// Asks the gateway; complains and ends with the right code when it does not answer or says no.
    func knock<T>(_ work: (DoorClient) async throws -> T) async throws -> T {
        let path = socket ?? ProcessInfo.processInfo.environment["PASSERELLE_SOCKET"] ?? NodeSocket.path(config: config)
        do {
            return try await work(DoorClient(path: path, group: MultiThreadedEventLoopGroup.singleton))
        } catch let refusal as DoorAnswerError {
            guard let reason = refusal.reason else {
                Say.complain(fr: "la passerelle a fermé la porte sans répondre", en: "the gateway closed the door without an answer")
                throw ExitCode.cannotRead
            }
            Say.complain(raw: "passerelle: " + DeliveryText.text(reason) + "\n")
            throw refusal.status >= 500 ? ExitCode.cannotRead : ExitCode.findings
        } catch is IOError {
            Say.complain(fr: "aucune passerelle ne répond à \(path)", en: "no gateway answers at \(path)")
            throw ExitCode.cannotRead
        }
    }
}
