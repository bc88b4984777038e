/// Why a journal refuses a write: one wording for every implementation.
package enum JournalReasons {
    /// The message is not in the journal.
    package static let noMessage = Reason("P0530", Text(fr: "Pas de message de ce numéro", en: "No message of this number"))
    /// The delivery is not in the journal.
    package static let noDelivery = Reason("P0520", Text(fr: "Pas d'envoi de ce numéro", en: "No delivery of this number"))
    /// An attempt is under way: its end must be awaited.
    package static let beingSent = Reason(
        "P0531", Text(fr: "Envoi en cours : réessayer une fois la tentative terminée", en: "Being sent: try again once the attempt has ended"))
    /// The command does not fit the state.
    package static let wrongState = Reason("P0532", Text(fr: "L'état de l'envoi ne permet pas cette action", en: "The delivery's state does not allow this"))
    /// A later delivery of the same lane, or one that replaces the document, has left already.
    package static let overtaken = Reason(
        "P0533",
        Text(
            fr: "Un envoi plus récent est déjà parti : seul l'abandon est possible (discard)",
            en: "A later delivery has already left: it can only be discarded"))
    /// The write-ahead log grows, since a reader holds it.
    package static let logGrows = Reason(
        "P0537", Text(fr: "Le journal de transactions grossit : une lecture le retient", en: "The write-ahead log grows: a reader holds it"))
    /// It is so large that nothing is taken in.
    package static let logFull = Reason(
        "P0538",
        Text(
            fr: "Le journal de transactions est trop grand : les nouveaux messages reçoivent AR",
            en: "The write-ahead log is too large: new messages get AR"))
    /// Only a merge may pass what it waits for: order is kept for everything else.
    package static let noMerge = Reason(
        "P0536",
        Text(
            fr: "Seule une fusion d'identités en attente peut passer devant (pass)", en: "Only a merge that waits can be let pass (pass)"))
    /// The control id was taken by other content.
    package static let reused = Reasons.reused
    /// A body of this message id is there already.
    package static let sameID = Reason("P0535", Text(fr: "Un corps de ce message existe déjà", en: "A body of this message is there already"))
    /// The process died while it was being sent.
    package static let interrupted = Reasons.interrupted
    /// A message has 4096 deliveries.
    package static let tooMany = Reason("P0534", Text(fr: "Trop d'envois pour ce message", en: "Too many deliveries of this message"))
}

/// Why a body is not there any more.
extension JournalReasons {
    /// Retention removed it.
    package static let bodyExpired = Reason(
        "P0550", Text(fr: "Le corps du message n'est plus gardé (durée de conservation)", en: "The body of the message is kept no longer (retention)"))
    /// A person had it erased.
    package static let bodyErased = Reason(
        "P0551", Text(fr: "Le corps du message a été effacé sur demande", en: "The body of the message was erased on demand"))

    /// The reason that a removal is.
    package static func gone(_ removal: BodyRemoval) -> Reason { removal.isErased ? bodyErased : bodyExpired }
    /// Whether it says that a body is gone.
    static func isGone(_ reason: Reason) -> Bool { [bodyErased.code, bodyExpired.code].contains(reason.code) }
}

/// Facts that the journal itself keeps with a delivery.
package enum JournalFact {
    /// A person released or retried a held delivery: the next attempt is theirs, even if an earlier one ended unknown.
    package static let decided = "decided"
}

/// Why a journal cannot be opened or answers no more.
extension JournalReasons {
    /// A question took longer than a reader may.
    package static let tooLong = Reason("P0540", Text(fr: "Recherche trop longue : préciser la question", en: "The search takes too long: narrow it"))
    /// Another process has it open.
    package static func inUse(by pid: String) -> Reason {
        Reason("P0541", Text(fr: "Le journal est déjà ouvert par le processus \(pid)", en: "The journal is already open in process \(pid)"))
    }
    /// The file is a database of another program.
    package static let notAJournal = Reason(
        "P0542",
        Text(
            fr: "Ce fichier n'est pas un journal de Passerelle (s'il l'était : passerelle journal check, puis journal salvage)",
            en: "This file is not a journal of Passerelle (if it was one: passerelle journal check, then journal salvage)"))
    /// The file is shorter than its own header says.
    package static let truncated = Reason(
        "P0544",
        Text(
            fr: "Le journal est tronqué : passerelle journal check, puis journal salvage",
            en: "The journal is cut short: passerelle journal check, then journal salvage"))
    /// The database holds less than it did.
    package static let wentBack = Reason(
        "P0545",
        Text(
            fr: "Le journal est plus ancien qu'à son dernier arrêt : fichier -wal perdu, ou sauvegarde remise. Si c'est voulu, ôter le fichier « state » du "
                + "dossier",
            en: "The journal is older than when it was last open: its -wal file was lost, or a backup put back. If that is meant, remove the file \"state\" "
                + "of the folder"))
    /// SQLite finds the file damaged.
    package static let damagedFile = Reason(
        "P0546",
        Text(
            fr: "Le journal est abîmé : passerelle journal check, puis journal salvage",
            en: "The journal is damaged: passerelle journal check, then journal salvage"))
    /// Written by another version.
    package static let otherVersion = Reason(
        "P0543",
        Text(fr: "Le journal a été écrit par une version plus récente de Passerelle", en: "The journal was written by a later version of Passerelle"))
}
