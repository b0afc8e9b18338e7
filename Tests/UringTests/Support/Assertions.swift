// SPDX-License-Identifier: Apache-2.0

/// Whether `assert` does anything in this build; its traps can be tested only then.
let assertionsAreOn: Bool = {
  var areOn = false
  assert(
    {
      areOn = true
      return true
    }())
  return areOn
}()
