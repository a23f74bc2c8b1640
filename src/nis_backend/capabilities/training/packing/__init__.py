"""What is made of a trained model: two bits a weight, files for llama.cpp, a manifest and a card."""
