import CLibXML2

/// One element of a document; holding it keeps the document.
// @unchecked: a pointer into the tree of `document`, which never changes and lives as long as this value.
package struct XMLElement: @unchecked Sendable, Hashable {
    /// The document it belongs to.
    package let document: XMLDocument
    let node: UnsafeMutablePointer<xmlNode>

    init(_ document: XMLDocument, _ node: UnsafeMutablePointer<xmlNode>) {
        self.document = document
        self.node = node
    }

    /// The same element of the same document.
    package static func == (a: XMLElement, b: XMLElement) -> Bool { a.node == b.node }
    /// By identity.
    package func hash(into hasher: inout Hasher) { hasher.combine(node) }

    /// The local name.
    package var name: String { node.pointee.name.map { String(cString: $0) } ?? "" }
    /// The namespace URI; empty when the element is in none.
    package var namespace: String { node.pointee.ns?.pointee.href.map { String(cString: $0) } ?? "" }
    /// The prefix as written; empty for the default namespace.
    package var prefix: String { node.pointee.ns?.pointee.prefix.map { String(cString: $0) } ?? "" }
    /// 1-based line in the source, right up to line 65535 and near it beyond.
    package var line: Int { xmlGetLineNo(node) }

    /// The value of an attribute, nil when absent. Without `namespace`: an attribute without a prefix.
    package func attribute(_ name: String, namespace: String? = nil) -> String? {
        guard let value = namespace.map({ xmlGetNsProp(node, name, $0) }) ?? xmlGetNoNsProp(node, name) else { return nil }
        defer { value.freedByLibXML() }
        return String(cString: value)
    }

    /// Every attribute: local name, namespace URI (empty for none) and value.
    package var attributes: [(name: String, namespace: String, value: String)] {
        var found: [(name: String, namespace: String, value: String)] = []
        var at = node.pointee.properties
        while let attribute = at {
            let space = attribute.pointee.ns?.pointee.href.map { String(cString: $0) } ?? ""
            let name = attribute.pointee.name.map { String(cString: $0) } ?? ""
            found.append((name, space, self.attribute(name, namespace: space.isEmpty ? nil : space) ?? ""))
            at = attribute.pointee.next
        }
        return found
    }

    /// All text under this element, in order, entities resolved.
    package var text: String {
        guard let content = xmlNodeGetContent(node) else { return "" }
        defer { content.freedByLibXML() }
        return document.restored(String(cString: content))
    }

    /// Where the Base64 run of this element's own text lies in `document.source`, when it was kept out of the tree.
    ///
    /// The element's text may have other characters (white space, a short tail) around the run.
    package var elidedRange: Range<Int>? {
        var at = node.pointee.children
        while let child = at {
            if child.pointee.type == XML_TEXT_NODE, let content = child.pointee.content {
                let bytes = UnsafeRawBufferPointer(start: content, count: Int(xmlStrlen(content)))
                if let range = document.elided(in: bytes) { return range }
            }
            at = child.pointee.next
        }
        return nil
    }

    /// The child elements, in order.
    package var children: [XMLElement] {
        var found: [XMLElement] = []
        var at = xmlFirstElementChild(node)
        while let child = at {
            found.append(XMLElement(document, child))
            at = xmlNextElementSibling(child)
        }
        return found
    }

    /// The child elements of this name; of any namespace when `namespace` is nil.
    package func children(named name: String, namespace: String? = nil) -> [XMLElement] {
        children.filter { $0.name == name && (namespace == nil || $0.namespace == namespace) }
    }

    /// The first child element of this name; of any namespace when `namespace` is nil.
    package func child(_ name: String, namespace: String? = nil) -> XMLElement? {
        var at = xmlFirstElementChild(node)
        while let child = at {
            let element = XMLElement(document, child)
            if element.name == name, namespace == nil || element.namespace == namespace { return element }
            at = xmlNextElementSibling(child)
        }
        return nil
    }

    /// The element around this one; nil for the root.
    package var parent: XMLElement? {
        guard let parent = node.pointee.parent, parent.pointee.type == XML_ELEMENT_NODE else { return nil }
        return XMLElement(document, parent)
    }

    /// The namespace URI that a prefix means here (empty prefix: the default namespace).
    package func namespace(forPrefix prefix: String) -> String? {
        guard let found = xmlSearchNs(node.pointee.doc, node, prefix.isEmpty ? nil : prefix) else { return nil }
        return found.pointee.href.map { String(cString: $0) }
    }

    /// An absolute path for messages to people, such as `/ClinicalDocument/recordTarget[1]/patientRole`.
    package var path: String {
        var at: XMLElement? = self
        var parts: [String] = []
        while let element = at {
            let twins = element.parent?.children(named: element.name) ?? []
            let position = twins.count > 1 ? twins.firstIndex(of: element).map { "[\($0 + 1)]" } ?? "" : ""
            parts.append(element.name + position)
            at = element.parent
        }
        return "/" + parts.reversed().joined(separator: "/")
    }
}

extension UnsafeMutablePointer<xmlChar> {
    /// Text that libxml2 allocated goes back through libxml2's allocator.
    func freedByLibXML() { passerelle_xml_free(self) }
}
