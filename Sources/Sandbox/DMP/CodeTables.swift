/// The code tables a lot is judged by, read from `Mappings/tables`.
struct CodeTables: Sendable {
    /// code → rows, by column name.
    private let tables: [String: [String: [String: String]]]

    static let files = [
        "classCode": "JDV_J57-classCode-DMP", "confidentialityCode": "JDV_J58-confidentialityCode-DMP", "formatCode": "JDV_J60-formatCode-DMP",
        "typeCode": "ASS_X16-type-class-DMP", "healthcareFacilityTypeCode": "JDV_J02-healthcareFacilityType",
        "practiceSettingCode": "JDV_J04-practiceSetting",
    ]

    init(folder: String) throws(SandboxError) {
        var read: [String: [String: [String: String]]] = [:]
        for (name, file) in CodeTables.files {
            read[name] = CodeTables.rows(String(decoding: try contents("\(folder)/\(file).csv"), as: UTF8.self))
        }
        tables = read
    }

    /// The row of a code, nil when it is not in the table.
    func row(_ table: String, _ code: String) -> [String: String]? { tables[table]?[code] }

    /// Lines of comma separated values, `#` lines aside, by their first column.
    private static func rows(_ text: String) -> [String: [String: String]] {
        var lines = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }.map { cells(String($0)) }
        guard !lines.isEmpty else { return [:] }
        let names = lines.removeFirst()
        var rows: [String: [String: String]] = [:]
        for line in lines {
            var row: [String: String] = [:]
            for (name, cell) in zip(names, line) { row[name] = cell }
            if let key = line.first { rows[key] = row }
        }
        return rows
    }

    private static func cells(_ line: String) -> [String] {
        var cells: [String] = []
        var current = ""
        var quoted = false
        for character in line {
            if character == "\"" {
                quoted.toggle()
            } else if character == ",", !quoted {
                cells.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        return cells + [current]
    }
}
