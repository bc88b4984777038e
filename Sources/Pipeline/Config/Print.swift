/// Writes down what a part of a configuration amounts to, wherever it stands in its file, with the bytes of the secrets and files behind it.
/// Only the digest of it is kept.
struct Print {
    let context: LoadingContext
    /// What could not be read, and where it is named.
    private(set) var unreadable: [(reason: Reason, place: Place)] = []
    private(set) var bytes: [UInt8] = []

    init(_ context: LoadingContext) { self.context = context }

    var digest: [UInt8] { context.engine.digester.sha256(bytes) }

    mutating func add(_ text: String) { add(Array(text.utf8)) }

    mutating func add(_ content: [UInt8]) {
        var count = UInt32(content.count)
        for _ in 0..<4 {
            bytes.append(UInt8(truncatingIfNeeded: count))
            count >>= 8
        }
        bytes += content
    }

    mutating func add(_ node: Node?) {
        switch node {
        case nil: add("absent")
        case .text(let text, _)?: add(text)
        case .list(let items, _)?:
            add("list \(items.count)")
            for item in items { add(item) }
        case .map(let pairs, _)?:
            add("map \(pairs.count)")
            for pair in pairs.sorted(by: { $0.key < $1.key }) {
                add(pair.key)
                add(pair.value)
            }
        }
    }

    mutating func add(_ reference: SecretReference?, at place: Place) {
        guard let reference else { return add("absent") }
        add("\(reference)")
        do throws(Reason) { add(context.engine.digester.sha256(try context.secrets.read(reference))) } catch { unreadable.append((error, place)) }
    }

    mutating func add(file: String, at place: Place) {
        add(file)
        do throws(Reason) { add(context.engine.digester.sha256(try context.files.read(file))) } catch { unreadable.append((error, place)) }
    }

    /// Fields by their specification. Authorities are named, not read: who holds them reads them again by itself.
    mutating func add(_ specification: [Field], _ fields: Fields, _ settings: NodeSettings, _ facility: Facility?) {
        for field in specification {
            guard let value = fields[field.name] else { continue }
            add(field.name)
            add(field.kind, value, settings, facility)
        }
    }

    private mutating func add(_ kind: FieldKind, _ value: Fields.Value, _ settings: NodeSettings, _ facility: Facility?) {
        switch (kind, value) {
        case (.record(let inner), .record(let fields)), (.wordOr(_, .record(let inner)), .record(let fields)): add(inner, fields, settings, facility)
        case (_, .secret(let reference, let place)): add(reference, at: place)
        case (.file, .text(let path, let place)): add(file: path, at: place)
        case (.name(of: "trust"), .text(let name, _)):
            add(name)
            for path in (settings.trust[name]?.authorities ?? []) + ["|"] + (settings.trust[name]?.revocationLists ?? []) { add(path) }
        case (.name(of: "identity"), .text(let name, let place)):
            add(name)
            add(facility?.identities[name]?.certificate, at: place)
            add(facility?.identities[name]?.key, at: place)
        case (.list(let item), .list(let values, _)): for one in values { add(item, one, settings, facility) }
        case (.map(let item), .map(let pairs, _)):
            for pair in pairs {
                add(pair.key)
                add(item, pair.value, settings, facility)
            }
        case (_, .text(let text, _)): add(text)
        case (_, .integer(let number, _)): add("\(number)")
        case (_, .number(let number, _)): add("\(number)")
        case (_, .boolean(let flag, _)): add("\(flag)")
        case (_, .duration(let duration, _)): add("\(duration)")
        case (_, .node(let node)): add(node)
        case (_, .list(let values, _)): for one in values { add(.any, one, settings, facility) }
        case (_, .map(let pairs, _)):
            for pair in pairs {
                add(pair.key)
                add(.any, pair.value, settings, facility)
            }
        case (_, .record): add("record")
        }
    }
}
