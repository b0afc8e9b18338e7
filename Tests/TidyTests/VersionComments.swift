// SPDX-License-Identifier: Apache-2.0

/// The kernel versions that documentation comments name.
struct VersionComments {
  /// Versions by `Type.name`, without labels; those of overloads together.
  let versions: [String: Set<String>]

  /// Reads the comments of a folder's declarations.
  ///
  /// - Parameters:
  ///   - folder: From the package's root.
  ///   - counts: Whether versions in a sentence count.
  init(of folder: String, where counts: (String) -> Bool) {
    var versions: [String: Set<String>] = [:]
    for file in Tree.files(in: [folder]) {
      var type = ""
      var comment: [String] = []
      for line in file.lines {
        if let name = line.declaredType {
          type = name
        } else if line.hasPrefix("  ///") {
          comment.append(String(line.dropFirst(6)))
        } else if !line.hasPrefix("  @") {
          let found = comment.sentences.filter(counts).flatMap(\.namedVersions)
          if !found.isEmpty, let name = line.declaredMember {
            versions["\(type).\(name)", default: []].formUnion(found)
          }
          comment = []
        }
      }
    }
    self.versions = versions
  }
}

extension [String] {
  /// The sentences of a comment's lines, if these name versions at all.
  fileprivate var sentences: [String] {
    guard contains(where: { $0.contains("Linux") }) else { return [] }
    return split(separator: "").flatMap { paragraph in
      paragraph.joined(separator: " ").split(separator: ". ").map(String.init)
    }
  }
}

extension String {
  /// The type that a line declares or extends.
  fileprivate var declaredType: String? {
    guard let first, first != " ", first != "/", contains("{") else { return nil }
    let match = firstMatch(of: /\b(?:class|struct|enum|extension) ([\w.]+)/)
    return match.map { String($0.1) }
  }

  /// The function or property that a line declares.
  fileprivate var declaredMember: String? {
    firstMatch(of: /\b(?:func|let|var) (\w+)/).map { String($0.1) }
  }

  /// Versions behind the kernel's name.
  fileprivate var namedVersions: [String] {
    matches(of: /Linux (\d\.\d+)/).map { String($0.1) }
  }
}
