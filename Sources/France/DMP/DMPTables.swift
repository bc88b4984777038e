package import Clinical

/// The code tables that national metadata need, loaded from `Mappings/tables` and handed in where they are used.
package struct DMPTables: Sendable {
    /// ASS_X16: document type to class; a type that is not in it is not accepted by the DMP.
    package let types: CodeTable
    /// JDV_J57: classes.
    package let classes: CodeTable
    /// JDV_J58: confidentiality codes.
    package let confidentiality: CodeTable
    /// JDV_J60: formats.
    package let formats: CodeTable
    /// ASS_A11: template of a level 3 document to format.
    package let templates: CodeTable
    /// Media type of a level 1 document to format.
    package let media: CodeTable
    /// PV1-2 to content type of the set.
    package let contentTypes: CodeTable
    /// JDV_J07: every document type of the national profiles.
    package let documentTypes: CodeTable
    /// JDV_J02, in part.
    package let facilityTypes: CodeTable
    /// JDV_J04.
    package let practiceSettings: CodeTable
    /// TRE_G15.
    package let professions: CodeTable
    /// TRE_R01.
    package let specialities: CodeTable
    /// How the DMP's answers are classified.
    package let answers: DMPAnswerTable

    /// Names of the files, in the folder of tables.
    package static let files = [
        "ASS_X16-type-class-DMP.csv", "JDV_J57-classCode-DMP.csv", "JDV_J58-confidentialityCode-DMP.csv",
        "JDV_J60-formatCode-DMP.csv", "ASS_A11-template-format.csv", "N1-media-format.csv", "PV1-2-content-type.csv",
        "JDV_J07-typeCode.csv", "JDV_J02-healthcareFacilityType.csv", "JDV_J04-practiceSetting.csv", "TRE_G15-profession.csv",
        "TRE_R01-savoir-faire.csv", "dmp-errors.csv",
    ]

    /// Loads every table; `read` gives the text of a file of the folder.
    package init(_ read: (String) throws(CodeTableError) -> String) throws(CodeTableError) {
        func table(_ file: String, _ columns: [String]) throws(CodeTableError) -> CodeTable {
            try CodeTable(read(file), file: file, required: columns)
        }
        let coded = ["code", "label", "codingScheme"]
        types = try table(DMPTables.files[0], coded + ["classCode"])
        classes = try table(DMPTables.files[1], coded)
        confidentiality = try table(DMPTables.files[2], coded)
        formats = try table(DMPTables.files[3], ["code", "codingScheme"])
        templates = try table(DMPTables.files[4], ["code", "formatCode"])
        media = try table(DMPTables.files[5], ["code", "formatCode"])
        contentTypes = try table(DMPTables.files[6], ["code", "contentType", "label", "codingScheme"])
        documentTypes = try table(DMPTables.files[7], coded + ["hl7System"])
        facilityTypes = try table(DMPTables.files[8], coded)
        practiceSettings = try table(DMPTables.files[9], coded)
        professions = try table(DMPTables.files[10], coded)
        specialities = try table(DMPTables.files[11], coded)
        answers = try DMPAnswerTable(read(DMPTables.files[12]), file: DMPTables.files[12])
    }

    /// Whether the DMP takes documents of this type (JDV_J66 is not public; ASS_X16 stands for it).
    package func isFed(type: String) -> Bool { types.contains(type) }

    /// The class of a document type; nil when the DMP does not take it.
    package func classCode(ofType type: String) -> CodedValue? {
        types.value("classCode", for: type).flatMap { classes.coded($0) }
    }

    /// The format of a document: by its embedded file for level 1, by its templates for level 3, the national ones first; a
    /// format that JDV_J60 does not list, or none, gives the code "outside the models".
    package func formatCode(of header: CDAHeader) -> CodedValue {
        var found: String?
        if case .embedded(let file) = header.body {
            found = media.value("formatCode", for: file.mediaType)
        } else {
            let national = header.templates.filter { $0.hasPrefix("1.2.250.1.213.") }
            found = (national + header.templates).lazy.compactMap { self.templates.value("formatCode", for: $0) }
                .first { self.formats.contains($0) }
        }
        let code = found ?? "urn:asipSante:modelesHorsProfils:2011"
        return formats.coded(code) ?? CodedValue(code, scheme: "1.2.250.1.213.1.1.4.2.282", label: "")
    }

    /// The content type of a set from the class of the encounter; "activity not told" when that is absent or not known.
    package func contentType(patientClass: String?) -> CodedValue {
        let key = patientClass.flatMap { contentTypes.contains($0) ? $0 : nil } ?? "N"
        return CodedValue(
            contentTypes.value("contentType", for: key) ?? "97", scheme: contentTypes.value("codingScheme", for: key) ?? "1.2.250.1.213.2.2",
            label: contentTypes.value("label", for: key) ?? "")
    }
}
