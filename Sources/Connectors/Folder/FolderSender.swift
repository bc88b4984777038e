package import Pipeline
import Glibc

/// `folder`: writes each delivery as a file. The name comes from the delivery's key, so that sending again replaces the same file.
package struct FolderSender: Sender {
    package static let spec = Spec(
        "folder", Text(fr: "écrit chaque message dans un fichier d'un dossier", en: "writes each message as a file of a folder"),
        [
            Field("path", .text, required: true, Text(fr: "le dossier, créé au besoin", en: "the folder, made if need be"), example: "var/archive"),
            Field("extension", .text, default: "hl7", Text(fr: "fin du nom des fichiers", en: "end of the files' names")),
            Field("connections", .integer(1...64), default: "4", Text(fr: "écritures simultanées", en: "writings at a time")),
        ])

    private let name: String
    private let folder: String
    private let suffix: String
    private let io: any BlockingDoor
    package let concurrency: Int

    package init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {
        name = scope.name
        folder = Path.join(scope.node.folder, fields.text("path") ?? "")
        suffix = fields.text("extension") ?? "hl7"
        guard suffix.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) }) else {
            throw ConfigError(
                "P0680", Text(fr: "l'extension n'a que des lettres et des chiffres", en: "the extension has only letters and digits"),
                at: fields.place(of: "extension"))
        }
        io = scope.engine.io
        concurrency = fields.integer("connections") ?? 4
    }

    /// The same file with the same content.
    package var afterUnknown: AfterUnknown { .sendAgain }

    package func probe() async -> Reason? {
        await io.run(name) { [folder] in
            do throws(FolderFiles.Failure) {
                try FolderFiles.make(folder)
                return access(folder, W_OK) == 0 ? nil : Self.reason(FolderFiles.Failure("access"))
            } catch { return Self.reason(error) }
        }
    }

    package func deliver(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome {
        let bytes: [UInt8]
        do throws(JournalError) { bytes = try await attempt.bytes() } catch { return error.outcome }
        let file = delivery.key.base32() + "." + suffix
        return await io.run(name, places: concurrency) { [name, folder] in
            do throws(FolderFiles.Failure) {
                try FolderFiles.make(folder)
                try FolderFiles.write(bytes, file, in: folder)
                return .delivered(Proof(answer: file, facts: ["file": file]))
            } catch {
                return error.isOurSetup ? .halted(scope: name, Self.reason(error)) : .deferred(Self.reason(error))
            }
        }
    }

    private static func reason(_ failure: FolderFiles.Failure) -> Reason {
        Reason("P0682", Text(fr: "Écriture impossible dans le dossier", en: "The folder cannot be written"), detail: failure.text)
    }
}
