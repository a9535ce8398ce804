// Lfn trains light field networks from photographs and renders them. Run it without arguments for help.
package main

func main() { newProgram().Main() }
