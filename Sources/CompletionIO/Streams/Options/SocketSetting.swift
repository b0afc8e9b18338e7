// SPDX-License-Identifier: Apache-2.0

/// An option and what it is to be set to, for a socket that is not there yet.
package struct SocketSetting: Hashable, Sendable {
  package let name: SocketOptionName
  /// The value as the kernel wants it; `nil` for one that the option cannot have.
  package let bytes: [UInt8]?

  init<Value>(_ option: SocketOption<Value>, _ value: Value) {
    name = option.name
    bytes = option.encode(value)
  }
}

extension [SocketSetting] {
  /// Adds a setting, in the place of an earlier one of the same option.
  mutating func replace(_ setting: SocketSetting) {
    removeAll { $0.name == setting.name }
    append(setting)
  }
}
