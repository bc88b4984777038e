import ArgumentParser
import Console
import FoundationEssentials
import JournalSQLite
import NIOCore
import NIOPosix
import Pipeline

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

    /// Asks the gateway; complains and ends with the right code when it does not answer or says no. `offline`: where none runs, the journal itself is asked.
    func knock<T>(offline: Bool = false, _ work: (DoorClient) async throws -> T) async throws -> T {
        let path = socket ?? ProcessInfo.processInfo.environment["PASSERELLE_SOCKET"] ?? NodeSocket.path(config: config)
        do {
            return try await work(DoorClient(path: path, group: MultiThreadedEventLoopGroup.singleton))
        } catch let refusal as DoorAnswerError {
            throw Self.told(refusal)
        } catch is IOError {
            if offline, socket == nil, let answer = try await aside(work) { return answer }
            let isLost = socket == nil && !FileAccess.disk.exists(Composition.nodeFile(config))
            Say.complain(
                fr: "aucune passerelle ne répond à \(path)" + (isLost ? " ; il n'y a pas de fichier \(config) ici : --config FICHIER, ou --socket" : ""),
                en: "no gateway answers at \(path)" + (isLost ? "; there is no file \(config) here: --config FILE, or --socket" : ""))
            throw ExitCode.cannotRead
        }
    }

    private static func told(_ refusal: DoorAnswerError) -> ExitCode {
        guard let reason = refusal.reason else {
            Say.complain(fr: "la passerelle a fermé la porte sans répondre", en: "the gateway closed the door without an answer")
            return .cannotRead
        }
        Say.complain(raw: "passerelle: " + DeliveryText.text(reason) + "\n")
        return refusal.status >= 500 ? .cannotRead : .findings
    }

    /// The same, of the journal of a gateway that does not run; nil when it has none here.
    private func aside<T>(_ work: (DoorClient) async throws -> T) async throws -> T? {
        do {
            guard let desk = try await OfflineDesk(config: config) else { return nil }
            Say.complain(fr: "aucune passerelle ne tourne : le journal est ouvert directement", en: "no gateway runs: the journal is opened directly")
            do {
                let answer = try await work(desk.client)
                await desk.journal.close()
                return answer
            } catch {
                await desk.journal.close()
                throw error
            }
        } catch let refusal as DoorAnswerError {
            throw Self.told(refusal)
        } catch let failure as GatewayError {
            Say.complain(fr: failure.text.fr, en: failure.text.en)
            throw ExitCode.cannotRead
        }
    }
}
