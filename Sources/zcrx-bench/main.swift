print("zcrx-bench")
