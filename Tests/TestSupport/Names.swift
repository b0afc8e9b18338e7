// SPDX-License-Identifier: Apache-2.0

package import Uring

/// A name that nobody else on this machine uses.
package func uniqueName() -> String {
  "swift-uring-test-\(UInt64.random(in: .min ... .max))"
}

/// A Unix-domain address without a file, as a text.
package func abstractName() -> String { "unix:@" + uniqueName() }

extension SocketAddress {
  /// A Unix-domain address without a file.
  package static func abstract() throws -> SocketAddress { try .unix("@" + uniqueName()) }
}
