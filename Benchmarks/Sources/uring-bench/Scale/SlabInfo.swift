// SPDX-License-Identifier: Apache-2.0

/// The kernel's caches of objects, from /proc/slabinfo (slabinfo(5)).
struct SlabInfo: Equatable {
  struct Cache: Equatable {
    var objects: Int
    var objectBytes: Int
  }

  let caches: [String: Cache]

  /// Reads the file's text; nil when it is not version 2.
  init?(_ text: String) {
    guard text.hasPrefix("slabinfo - version: 2") else { return nil }
    var caches: [String: Cache] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      // Name, active objects, all objects, bytes of an object, ...
      let words = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
      guard words.count >= 4, let objects = Int(words[1]), let bytes = Int(words[3]) else {
        continue
      }
      caches[String(words[0])] = Cache(objects: objects, objectBytes: bytes)
    }
    self.caches = caches
  }
}
