# about: transformers of what the user types, and of its syntax

# %%
import ast
def answers(lines):
    return [line.replace("ANSWER!", "42") for line in lines]
class Doubled(ast.NodeTransformer):
    def visit_Name(self, node):
        return ast.Constant(12) if node.id == "DOZEN" else node
get_ipython().input_transformers_cleanup.append(answers)
get_ipython().ast_transformers.append(Doubled())

# %%
#plain
print(ANSWER!, DOZEN)

# %%
get_ipython().input_transformers_cleanup.remove(answers)

# %%
#plain
print("ANSWER!", DOZEN)
