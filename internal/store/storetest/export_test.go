package storetest

// Property lets a test see the model find a broken store.
var Property = property
