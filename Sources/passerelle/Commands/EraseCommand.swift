import ArgumentParser
import Console
import Pipeline

/// `passerelle erase --ipp 8001 --facility clinic`
struct EraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: Say.text(
            fr: "Efface les données d'un patient du journal, avec une preuve dans l'audit.",
            en: "Erases one patient's data from the journal, with a proof in the audit."),
        discussion: Say.text(
            fr: "Donner « - » pour lire l'identifiant sur l'entrée : il ne paraît alors ni dans l'historique ni dans la liste des processus. "
                + "Ce dont un envoi est ouvert reste et est nommé ; --force abandonne d'abord ces envois, avec leurs accusés. Quand aucune passerelle ne tourne, le journal est ouvert sous "
                + "un verrou exclusif.",
            en: "Give \"-\" to read the identifier from standard input: it then stands neither in the shell's history nor in the list of processes. "
                + "What has an open delivery stays and is named; --force discards those deliveries first, with their acknowledgements. Where no gateway runs, the journal is opened "
                + "under an exclusive lock."))

    @Option(help: help(fr: "L'identifiant local (IPP).", en: "The local identifier (IPP).")) var ipp: String?
    @Option(help: help(fr: "Le matricule INS.", en: "The INS.")) var ins: String?
    @Option(help: help(fr: "L'établissement, ou l'OID de son domaine d'IPP.", en: "The facility, or the OID of its IPP domain.")) var facility: String
    @Option(
        help: help(
            fr: "Le domaine (OID) de l'IPP, s'il n'est pas celui de l'établissement.", en: "The domain (OID) of the IPP, if it is not the facility's own."))
    var authority: String?
    @Flag(
        help: help(
            fr: "Abandonne d'abord les envois ouverts ; n'attend plus de compte rendu.", en: "Discards open deliveries first; awaits no report any more."))
    var force = false
    @Option(help: help(fr: "text ou json.", en: "text or json.")) var format = OutputFormat.text
    @OptionGroup var door: DoorOptions

    func validate() throws {
        if ipp == nil, ins == nil { throw ValidationError(Say.text(fr: "--ipp ou --ins", en: "--ipp or --ins")) }
    }

    func run() async throws {
        let body = EraseBody(facility: facility, ipp: read(ipp), ins: read(ins), authority: authority, force: force, by: DoorOptions.person)
        let report = try await door.knock(offline: true) { try await $0.erase(body) }
        if format == .json { try Say.json(report) } else { show(report) }
        if !report.left.isEmpty || !report.isScrubbed { throw ExitCode.findings }
    }

    private func read(_ value: String?) -> String? { value == "-" ? readLine(strippingNewline: true) : value }

    private func show(_ report: ErasureReport) {
        Say.line(
            fr: "\(report.messages) messages effacés, \(report.bytes) octets ; empreinte des empreintes \(report.digest)",
            en: "\(report.messages) messages erased, \(report.bytes) bytes; digest of the digests \(report.digest)")
        for left in report.left {
            let why =
                !left.isDecided
                ? Say.text(fr: "pas encore décidé", en: "not decided yet")
                : !left.open.isEmpty
                    ? Say.text(fr: "envois ouverts", en: "open deliveries") + " " + left.open.map(String.init).joined(separator: " ")
                    : Say.text(fr: "compte rendu attendu", en: "report awaited") + " " + left.awaited.map(String.init).joined(separator: " ")
            Say.line(fr: "laissé : \(left.message) (\(why))", en: "left: \(left.message) (\(why))")
        }
        for (destination, count) in report.sentTo.sorted(by: { $0.key < $1.key }) {
            Say.line(fr: "copies possibles chez \(destination) : \(count)", en: "copies may be at \(destination): \(count)")
        }
        Say.line(
            fr: "copies possibles aussi : chez l'émetteur, dans les sauvegardes du dossier du journal, dans les blocs libres du disque",
            en: "copies may also be: at the sender, in backups of the journal's folder, in free blocks of the disk")
        if !report.isScrubbed {
            Say.line(fr: "le fichier -wal en garde encore : recommencer", en: "the -wal file still keeps some of it: run it again")
        }
    }
}
