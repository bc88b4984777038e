import XMLTree

/// An ebRIM object read without knowing what it means: slots, classifications, identifiers.
struct RIMObject {
    struct Classification {
        let id: String
        let scheme: String
        let node: String
        let representation: String
        let classifiedObject: String
        let slots: [String: [String]]
        let label: String?
    }

    static let namespace = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"

    let kind: String
    let id: String
    let element: XMLElement
    let slots: [String: [String]]
    let label: String?
    let classifications: [Classification]
    /// identificationScheme → value, and the object each says it identifies.
    let identifiers: [(scheme: String, value: String, object: String)]

    init(_ element: XMLElement) {
        kind = element.name
        id = element.attribute("id") ?? ""
        self.element = element
        slots = RIMObject.slots(element)
        label = RIMObject.label(element)
        classifications = element.children(named: "Classification", namespace: RIMObject.namespace).map { one in
            Classification(
                id: one.attribute("id") ?? "", scheme: one.attribute("classificationScheme") ?? "", node: one.attribute("classificationNode") ?? "",
                representation: one.attribute("nodeRepresentation") ?? "", classifiedObject: one.attribute("classifiedObject") ?? "",
                slots: RIMObject.slots(one), label: RIMObject.label(one))
        }
        identifiers = element.children(named: "ExternalIdentifier", namespace: RIMObject.namespace).map {
            ($0.attribute("identificationScheme") ?? "", $0.attribute("value") ?? "", $0.attribute("registryObject") ?? "")
        }
    }

    func slot(_ name: String) -> String? { slots[name]?.first }
    func codes(_ scheme: String) -> [Classification] { classifications.filter { $0.scheme == "urn:uuid:" + scheme } }
    func identifier(_ scheme: String) -> String? { identifiers.first { $0.scheme == "urn:uuid:" + scheme }?.value }

    static func slots(_ element: XMLElement) -> [String: [String]] {
        var found: [String: [String]] = [:]
        for slot in element.children(named: "Slot", namespace: namespace) {
            let values = slot.child("ValueList", namespace: namespace)?.children(named: "Value", namespace: namespace).map(\.text) ?? []
            found[slot.attribute("name") ?? "", default: []] += values
        }
        return found
    }

    private static func label(_ element: XMLElement) -> String? {
        element.child("Name", namespace: namespace)?.child("LocalizedString", namespace: namespace)?.attribute("value")
    }
}

/// The objects of one SubmitObjectsRequest.
struct Submission {
    static let extrinsic = "ExtrinsicObject"

    let element: XMLElement
    let package: RIMObject
    let entries: [RIMObject]
    let associations: [RIMObject]

    /// Reads `lcm:SubmitObjectsRequest`.
    init(_ element: XMLElement) throws(Complaint) {
        self.element = element
        let list = element.child("RegistryObjectList", namespace: RIMObject.namespace)
        let objects = (list?.children ?? []).map { RIMObject($0) }
        let packages = objects.filter { $0.kind == "RegistryPackage" }
        guard let first = packages.first, packages.count == 1 else {
            throw .metadata("un lot et un seul est attendu (aucun classeur au DMP)", rule: "lot.single", found: "\(packages.count)")
        }
        package = first
        entries = objects.filter { $0.kind == Submission.extrinsic }
        associations = objects.filter { $0.kind == "Association" }
    }

    func links(_ type: String) -> [(source: String, target: String, object: RIMObject)] {
        associations.filter { $0.element.attribute("associationType") == type }.map {
            ($0.element.attribute("sourceObject") ?? "", $0.element.attribute("targetObject") ?? "", $0)
        }
    }
}

/// Identifiers that IHE ITI TF-3 §4.2.5 gives to metadata attributes (without `urn:uuid:`).
enum Scheme {
    static let lot = "a54d6aa5-d40d-43f9-88c5-b4633d873bdd"
    static let lotAuthor = "a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d"
    static let lotContentType = "aa543740-bdda-424e-8c96-df4873be8500"
    static let lotPatient = "6b5aea1a-874d-4603-a4bc-96a0a7b38446"
    static let lotSource = "554ac39e-e3fe-47fe-b233-965d2a147832"
    static let lotUnique = "96fdda7c-d067-4183-912e-bf5ee74998a8"
    static let author = "93606bcf-9494-43ec-9b4e-a7748d1a838d"
    static let classCode = "41a5887f-8865-4c09-adf7-e362475b143a"
    static let typeCode = "f0306f51-975f-434e-a61c-c59651d33983"
    static let confidentiality = "f4f85eac-e6cb-4883-b524-f2705394840f"
    static let format = "a09d5840-386c-46f2-b5ad-9c3699a4309d"
    static let facility = "f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1"
    static let practice = "cccf5598-8b07-4b77-a05e-ae952c785ead"
    static let event = "2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4"
    static let patient = "58a6f841-87b3-4a3e-92fd-a8ffeff98427"
    static let unique = "2e82c1f6-a085-4c72-9da3-8640a32e42ab"
    static let documentEntry = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
}

/// Association types.
enum Link {
    static let hasMember = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
    static let signs = "urn:ihe:iti:2007:AssociationType:signs"
    static let replaces = "urn:ihe:iti:2007:AssociationType:RPLC"
    static let updates = "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus"
}

/// Availability statuses.
enum Status {
    static let approved = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
    static let deprecated = "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated"
    static let archived = "urn:asip:ci-sis:2010:StatusType:Archived"
    static let deleted = "urn:asip:ci-sis:2010:StatusType:Deleted"
}
