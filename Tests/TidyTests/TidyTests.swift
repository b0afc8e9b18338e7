// SPDX-License-Identifier: Apache-2.0

import Testing

/// The rules of this tree that no compiler checks.
@Suite struct TidyTests {
  @Test func findsTheTree() throws {
    let manifest = try #require(Tree.read("Package.swift"))
    #expect(manifest.lines.contains { $0.contains("name: \"swift-uring\"") })
    #expect(Tree.files(in: ["Sources/Uring"]).count > 10)
    #expect(Tree.text.contains { $0.path == "CLiburing/CLiburing.h" })
  }

  @Test func filesFitInAHead() {
    let long = Tree.files(in: ["Sources", "Examples"]).filter { $0.lines.count > 250 }
    #expect(long.map { "\($0.path): \($0.lines.count) lines" } == [])
  }

  @Test func functionsFitOnAScreen() {
    let long = Tree.swift.flatMap(\.functionLengths).filter { $0.length > 60 }
    #expect(long.map { "\($0.file):\($0.line): \($0.length) lines" } == [])
  }

  @Test func measuresFunctions() {
    let file = SourceFile(
      path: "x.swift",
      lines: [
        "struct S {", "  init(", "    a: Int", "  ) {", "    if a { b(\"}\") }  // }", "  }", "",
        "  func f() { }", "}",
      ])
    #expect(file.functionLengths.map(\.line) == [2, 8])
    #expect(file.functionLengths.map(\.length) == [5, 1])
  }

  @Test func namesSayWhatThingsAre() {
    let pattern = /\b(class|struct|enum|actor|protocol|typealias)\s+\w*(Manager|Helper|Util)/
    let words = ["Manager", "Helper", "Util"]
    #expect(Tree.swift.flatMap { $0.lines(matching: pattern, of: words) } == [])
    #expect(Tree.swift.map(\.name).filter { words.contains(where: $0.contains) } == [])
  }

  @Test func nothingIsLeftForLater() {
    let pattern = /\b(TODO|FIXME|XXX)\b/
    #expect(notes(matching: pattern, of: ["TODO", "FIXME", "XXX"]) == [])
  }

  @Test func librariesDoNotPrint() {
    let libraries = Tree.files(in: ["Sources"])
    let pattern = /(^|[^.\w])(print|debugPrint|dump|NSLog)\(/
    let words = ["rint(", "dump(", "NSLog("]
    let calls = libraries.flatMap {
      $0.lines(matching: pattern, of: words, ignoringComments: true)
    }
    #expect(calls == [])
  }

  @Test func noFileNamesAMachinesFolders() {
    let pattern = /(^|[\s"'`(=:])\/(work|home|root|Users|tmp|opt\/swift|var\/tmp)\//
    #expect(
      notes(matching: pattern, of: ["/work/", "/home/", "/root/", "/Users/", "/tmp/", "/opt/"])
        == [])
  }

  @Test func testsDoNotSleep() {
    // The library's own timer, a method, is something to test; a sleep of a nanosecond waits for
    // nothing, and one that names its clock has the runtime make that clock's timer.
    let pattern = /Task\.sleep\(|\b(usleep|nanosleep)\(|(^|[^.\w])sleep\(/
    let sleeps = Tree.files(in: ["Tests"]).flatMap {
      $0.lines(matching: pattern, of: ["sleep"], ignoringComments: true)
    }
    let isFine = /func sleep\(|\.nanoseconds\(1\)|clock: \.(continuous|suspending)\)/
    #expect(sleeps.filter { !$0.contains(isFine) } == [])
  }

  /// glibc declares it const, so that optimised code may ask once for what runs on several threads;
  /// debug builds do not show it.
  @Test func threadsAreNotToldApartByPthreadSelf() {
    let uses = Tree.files(in: ["Sources", "Integrations"]).flatMap {
      $0.lines(matching: /\bpthread_self\(\)/, of: ["pthread_self"], ignoringComments: true)
    }
    #expect(uses == [])
  }

  @Test func theManifestHasNoUnsafeFlags() throws {
    let manifest = try #require(Tree.read("Package.swift"))
    #expect(manifest.lines.filter { $0.contains("unsafeFlags") } == [])
  }

  @Test func resolvedVersionsAreNotPublished() throws {
    let ignored = try #require(Tree.read(".gitignore"))
    #expect(ignored.lines.contains("Package.resolved"))
  }

  /// Lines outside this folder, whose rules have to name what they forbid.
  private func notes(matching pattern: Regex<some Any>, of words: [String]) -> [String] {
    Tree.text.filter { !$0.path.hasPrefix("Tests/TidyTests/") }
      .flatMap { $0.lines(matching: pattern, of: words) }
  }
}
