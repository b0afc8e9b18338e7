// SPDX-License-Identifier: Apache-2.0

import Testing

/// The pages of kernel versions name every operation, with the versions of its declaration.
///
/// What is public is read from `Tests/PublicAPI`, which `Scripts/public-api` compares with the
/// compiler's own list.
@Suite struct KernelVersionTests {
  private static let ringPage = "Sources/Uring/Uring.docc/KernelVersions.md"
  private static let loopPage = "Sources/CompletionIO/CompletionIO.docc/KernelVersions.md"

  /// Types whose functions ask the kernel for nothing: values, and what a program overrides.
  private static let typesWithoutOperations: Set<String> = [
    "Datagram", "DatagramOptions", "DatagramSendOptions", "LoopInstant", "LoopSerialExecutor",
    "LoopStatistics", "ReceivedDescriptors", "RefusedConnection", "ResubmissionPolicy",
    "SocketDelegate", "SocketOption", "SocketOptionName", "SocketOptions", "StreamHandler",
  ]

  @Test func everyRequestHasItsVersions() throws {
    let page = try VersionPage(Self.ringPage)
    let requests = try PublicNames("Uring").names { name, declaration in
      name.hasPrefix("Request.") && declaration.hasPrefix("static ")
        && declaration.contains(/(-> Request|: Request \{ get \})$/)
    }
    #expect(page.names(of: "Request").subtracting(page.names(of: "Request.Options")) == requests)
    let written = VersionComments(of: "Sources/Uring/Requests", where: \.isAboutC)
    for name in Set(requests.map(\.withoutLabels)) {
      #expect(page.versions(of: name) == written.versions[name, default: []], "\(name)")
    }
  }

  @Test func everyOperationIsThatOfARequest() throws {
    let page = try VersionPage(Self.ringPage)
    let operations = try PublicNames("Uring").names { name, declaration in
      name.hasPrefix("Operation.") && declaration.hasPrefix("case ")
    }
    let shown = page.rows(under: "Requests").filter { !$0.names.isEmpty }
      .flatMap { $0.cells[1].codeWords.map { "Operation.\($0)" } }
    #expect(Set(shown) == operations)
  }

  @Test func everyFeatureHasTheVersionOfItsDeclaration() throws {
    let page = try VersionPage(Self.ringPage)
    let cases = try PublicNames("Uring").names { name, declaration in
      name.hasPrefix("KernelFeature.") && declaration.hasPrefix("case ")
    }
    #expect(page.names(of: "KernelFeature") == cases)
    let file = try #require(Tree.read("Sources/Uring/Features/KernelFeature.swift"))
    let text = file.lines.drop { !$0.contains("var introducedIn") }.joined(separator: " ")
    let groups = text.matches(of: /case ([^:"]*):\s*"([\d.]+)"/)
    #expect(groups.count > 10)
    for group in groups {
      for name in group.1.matches(of: /\.(\w+)/) {
        #expect(page.versions(of: "KernelFeature.\(name.1)") == [String(group.2)], "\(name.1)")
      }
    }
  }

  @Test(arguments: ["SetupFlags", "Request.Options", "Ring"])
  func everyOtherPartOfTheRingHasItsVersions(type: String) throws {
    let page = try VersionPage(Self.ringPage)
    let declared = try PublicNames("Uring").names { name, declaration in
      guard name.hasPrefix("\(type)."), !name.hasSuffix(".init(rawValue:)") else { return false }
      return type == "Ring"
        ? declaration.contains(/\b(func|init)\b/)
        : declaration.hasPrefix("static ") && !name.hasSuffix(".ladder")
    }
    #expect(page.names(of: type) == declared)
    guard type == "SetupFlags" else { return }
    let written = VersionComments(of: "Sources/Uring/Ring", where: { _ in true })
    for name in declared { #expect(page.versions(of: name) == written.versions[name], "\(name)") }
  }

  @Test func everyOperationOfALoopHasAnEntry() throws {
    let page = try VersionPage(Self.loopPage)
    let operations = try PublicNames("CompletionIO").names { name, declaration in
      let type = name.contains(".") ? name.prefix { $0 != "." } : ""
      return declaration.contains(/\bfunc [a-z]/)
        && !Self.typesWithoutOperations.contains(String(type))
    }
    let shown = page.operations
    #expect(Set(operations.map(\.withoutLabels)).subtracting(shown) == [])
    // An operation that is gone has no entry; one that is new is in the sources first.
    let functions = Tree.files(in: ["Sources/CompletionIO"]).flatMap(\.lines)
      .flatMap { $0.contains("func ") ? $0.matches(of: /\bfunc (\w+)/).map(\.1) : [] }
    let gone = shown.filter { !functions.contains($0.split(separator: ".").last ?? "") }
    #expect(gone == [])
  }

  @Test func operationsOfALoopTellWhatLaterKernelsGive() throws {
    let page = try VersionPage(Self.loopPage)
    let written = VersionComments(of: "Sources/CompletionIO", where: \.isAboutC)
    #expect(written.versions.count > 12)
    for (name, versions) in written.versions where page.operations.contains(name) {
      let late = versions.filter { $0.isLater(than: (5, 13)) }
      #expect(late.subtracting(page.versions(of: name)) == [], "\(name)")
    }
  }

  @Test func settingsThatNeedALaterKernelExist() throws {
    let page = try VersionPage(Self.loopPage)
    let all = try PublicNames("CompletionIO").all.union(PublicNames("Uring").all)
    let settings = page.rows(under: "Settings").flatMap(\.names).filter { $0.contains(".") }
    #expect(settings.count > 3)
    #expect(settings.filter { !all.contains($0) } == [])
  }
}

extension String {
  /// A function's name without its parameters' labels.
  fileprivate var withoutLabels: String { String(prefix { $0 != "(" }) }

  /// Whether a sentence of a comment is about the C function behind a declaration.
  fileprivate var isAboutC: Bool { contains("corresponding C function") }

  /// Whether a version is above another.
  fileprivate func isLater(than other: (Int, Int)) -> Bool {
    let parts = split(separator: ".").compactMap { Int($0) }
    return parts.count == 2 && (parts[0], parts[1]) > other
  }
}
