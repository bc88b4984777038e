/// A link between two registry objects of a submission, or from one of them to an entry that the registry already holds.
package struct Association: Sendable, Hashable {
    /// What the link says (IHE ITI TF-3 §4.2.2, and the extensions of the metadata update supplement).
    package enum Kind: String, Sendable, Hashable {
        /// The submission set contains the entry.
        case hasMember = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
        /// The new document replaces an existing one.
        case replaces = "urn:ihe:iti:2007:AssociationType:RPLC"
        /// The signature document signs the submission set.
        case signs = "urn:ihe:iti:2007:AssociationType:signs"
        /// ITI-57: the availability of an existing entry changes.
        case updateAvailability = "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus"
    }

    /// What it says.
    package var kind: Kind
    /// Identifier of the object the link starts from, symbolic within the request.
    package var source: String
    /// Identifier of the object it points to: symbolic, or the entryUUID of an existing entry.
    package var target: String
    /// Details of the link.
    package var slots: [Slot]

    /// A link.
    package init(_ kind: Kind, from source: String, to target: String, slots: [Slot] = []) {
        self.kind = kind
        self.source = source
        self.target = target
        self.slots = slots
    }

    /// `HasMember` with the mandatory mark that the entry is submitted with this set.
    package static func member(_ entry: String, of set: String) -> Association {
        Association(.hasMember, from: set, to: entry, slots: [Slot("SubmissionSetStatus", ["Original"])])
    }
}

/// A named list of values of a registry object.
package struct Slot: Sendable, Hashable {
    /// The name in the registry's model.
    package var name: String
    /// In order; none means that the slot is not written.
    package var values: [String]

    /// A slot.
    package init(_ name: String, _ values: [String]) {
        self.name = name
        self.values = values
    }
}
