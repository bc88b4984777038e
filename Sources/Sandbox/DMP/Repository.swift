import Synchronization
import Trust

/// What the stand-in has stored: enough to answer for duplicates, replacements and deletions.
final class Repository: Sendable {
    struct Entry: Sendable, Hashable {
        /// Changes at every update of metadata; the logical id does not.
        var entryUUID: String
        let logicalID: String
        let uniqueID: String
        let hash: String
        let patient: String
        let structure: String
        var status: String
    }

    /// What one lot asks to be done, all or nothing.
    struct Change: Sendable {
        var lotUniqueID = ""
        var patient = ""
        var structure = ""
        /// uniqueId and SHA-256 of each new document, by the symbolic id of its entry.
        var documents: [(id: String, uniqueID: String, hash: String)] = []
        /// Symbolic id of the new entry → entryUUID of the old.
        var replacements: [(source: String, target: String)] = []
    }

    private struct State {
        var entries: [Entry] = []
        var lots: Set<String> = []
    }

    private let state = Mutex(State())

    /// Stores a lot, or says why not. Returns the entryUUID of each document and of those replaced.
    func store(_ change: Change) -> Result<(stored: [String: String], replaced: [String]), Refusal> {
        state.withLock { state in
            var complaints: [Complaint] = []
            if state.lots.contains(change.lotUniqueID) { complaints.append(Self.duplicate("lot", change.lotUniqueID)) }
            for document in change.documents {
                guard let old = state.entries.first(where: { $0.uniqueID == document.uniqueID }) else { continue }
                complaints.append(
                    old.hash == document.hash
                        ? Self.duplicate("document", document.uniqueID)
                        : .registry("XDSNonIdenticalHash", "même uniqueId, autre contenu", rule: "store.hash", found: document.uniqueID))
            }
            for replacement in change.replacements {
                let target = state.entries.first { $0.entryUUID == replacement.target }
                if let complaint = Self.objection(to: replacement.target, target, change) { complaints.append(complaint) }
            }
            guard complaints.isEmpty else { return .failure(Refusal(complaints: complaints)) }
            var stored: [String: String] = [:]
            for document in change.documents {
                let uuid = Self.newUUID()
                stored[document.id] = uuid
                state.entries.append(
                    Entry(
                        entryUUID: uuid, logicalID: uuid, uniqueID: document.uniqueID, hash: document.hash, patient: change.patient,
                        structure: change.structure, status: Status.approved))
            }
            let old = Set(change.replacements.map(\.target))
            for index in state.entries.indices where old.contains(state.entries[index].entryUUID) { state.entries[index].status = Status.deprecated }
            state.lots.insert(change.lotUniqueID)
            return .success((stored, old.sorted()))
        }
    }

    struct Refusal: Error { let complaints: [Complaint] }

    private static func duplicate(_ what: String, _ found: String) -> Complaint {
        .registry("XDSDuplicateUniqueIdInRegistry", "uniqueId déjà enregistré (\(what))", rule: "store.duplicate.\(what)", found: found)
    }

    private static func objection(to uuid: String, _ target: Entry?, _ change: Change) -> Complaint? {
        guard let target else { return .registry("XDSReplaceFailed", "document à remplacer inconnu", rule: "store.replace.unknown", found: uuid) }
        if target.patient != change.patient {
            return .registry("XDSPatientIdDoesNotMatch", "document à remplacer d'un autre patient", rule: "store.replace.patient")
        }
        if target.structure != change.structure {
            return .registry("XDSReplaceFailed", "document à remplacer d'une autre structure", rule: "store.replace.structure", found: target.structure)
        }
        if target.status == Status.deprecated {
            return .registry("XDSRegistryDeprecatedDocumentError", "document à remplacer déjà remplacé", rule: "store.replace.deprecated", found: uuid)
        }
        if target.status != Status.approved {
            return .registry("XDSReplaceFailed", "document à remplacer supprimé ou archivé", rule: "store.replace.status", found: target.status)
        }
        return nil
    }

    /// Entries of these uniqueIds or entryUUIDs, whatever their status.
    func find(uniqueIDs: [String], entryUUIDs: [String]) -> [Entry] {
        state.withLock { state in state.entries.filter { uniqueIDs.contains($0.uniqueID) || entryUUIDs.contains($0.entryUUID) } }
    }

    /// Changes a status (ITI-57); the entry gets a new entryUUID.
    func update(_ uuid: String, from original: String, to status: String, structure: String, lot: String) -> Result<Entry, Refusal> {
        state.withLock { state in
            func refuse(_ code: String, _ text: String, _ rule: String) -> Result<Entry, Refusal> {
                .failure(Refusal(complaints: [.registry(code, text, rule: "update." + rule, found: uuid)]))
            }
            if state.lots.contains(lot) { return .failure(Refusal(complaints: [Self.duplicate("lot", lot)])) }
            guard let index = state.entries.firstIndex(where: { $0.entryUUID == uuid }) else {
                let stale = state.entries.contains { $0.logicalID == uuid }
                return stale
                    ? refuse("XDSMetadataVersionError", "la fiche a changé", "stale") : refuse("XDSMetadataUpdateError", "fiche inconnue", "unknown")
            }
            let entry = state.entries[index]
            if entry.structure != structure { return refuse("XDSMetadataUpdateError", "fiche d'une autre structure", "structure") }
            if entry.status != original { return refuse("XDSMetadataUpdateError", "OriginalStatus n'est pas le statut actuel", "original") }
            let legal = [Status.approved: [Status.archived, Status.deleted], Status.archived: [Status.approved, Status.deleted]]
            guard legal[original]?.contains(status) ?? false else { return refuse("XDSMetadataUpdateError", "changement de statut interdit", "transition") }
            state.lots.insert(lot)
            state.entries[index].status = status
            state.entries[index].entryUUID = Self.newUUID()
            return .success(state.entries[index])
        }
    }

    /// Everything stored, for the control port.
    var all: [Entry] { state.withLock { $0.entries } }

    private static func newUUID() -> String {
        var bytes = RandomBytes.make(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let hex = Array(Digest.hex(bytes))
        return "urn:uuid:" + [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(hex[$0]) }.joined(separator: "-")
    }
}
