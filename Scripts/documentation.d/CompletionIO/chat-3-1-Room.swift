// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// The members of a chat.
actor Room {
  /// The members' connections, by name.
  private var members: [String: StreamConnection] = [:]
}
