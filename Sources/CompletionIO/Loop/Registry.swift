/// The long-lived owners of a loop, so that stopping the loop can stop them.
final class Registry {
  private var owners: [OperationOwner] = []

  func add(_ owner: OperationOwner) {
    assert(owner.registryIndex < 0, "registered already")
    owner.registryIndex = owners.count
    owners.append(owner)
  }

  func remove(_ owner: OperationOwner) {
    let index = owner.registryIndex
    guard index >= 0 else { return }
    // Before its reference is given up, which may be the last.
    owner.registryIndex = -1
    let last = owners.removeLast()
    if index < owners.count {
      owners[index] = last
      last.registryIndex = index
    }
  }

  /// Stops all; they remove themselves when they have ended.
  func stopAll() {
    for owner in owners { owner.stop() }
  }

  /// The owners, for walking all of them.
  var all: [OperationOwner] { owners }
}
