// SPDX-License-Identifier: Apache-2.0

/// The long-lived owners of a loop, so that stopping the loop can stop them.
final class Registry {
  private var owners: [OperationOwner] = []

  func add(_ owner: OperationOwner) {
    assert(owner.registryIndex < 0, "registered already")
    owner.registryIndex = Int32(owners.count)
    owners.append(owner)
  }

  func remove(_ owner: OperationOwner) {
    let index = Int(owner.registryIndex)
    guard index >= 0 else { return }
    // Before its reference is given up, which may be the last.
    owner.registryIndex = -1
    let last = owners.removeLast()
    if index < owners.count {
      owners[index] = last
      last.registryIndex = Int32(index)
    }
  }

  /// Stops all; they remove themselves when they have ended.
  func stopAll() {
    for owner in owners { owner.stop() }
  }

  /// How many there are.
  var count: Int { owners.count }

  /// An owner by its place, which another may have at the next look.
  subscript(index: Int) -> OperationOwner { owners[index] }

  /// The owners, for walking all of them.
  var all: [OperationOwner] { owners }
}
