import "@/shared/theme.css";

import { createPinia } from "pinia";
import { createApp } from "vue";

import App from "@/signin/App.vue";

createApp(App).use(createPinia()).mount("#app");
